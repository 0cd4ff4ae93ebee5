// Events of Anthropic's Messages API as chunks that carry them, so that the redaction looks for the key across events: what a
// block says stands where a chunk says it, the rest of the event beside it.
import type { Chunk } from '#shared/providers/chat-answer.ts';
import type { EventCodec } from '#shared/providers/dialect-calls.ts';

type Native = { readonly index?: unknown; readonly delta?: unknown; readonly type?: unknown };
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

export const messageBlockEvents: EventCodec = {
  chunkOf(event): Chunk {
    const { index, delta, type } = event as Native;
    if (typeof index !== 'number') return { choices: [], native: event };
    const ends = type === 'content_block_stop';
    const choice = { index, delta: isObject(delta) ? { ...delta } : {}, finish_reason: ends ? 'stop' : null };
    return { choices: [choice], native: { ...(event as object), delta: undefined } };
  },
  eventOf({ choices: [choice], native }: Chunk): unknown {
    const event = native as Native;
    const said = choice && Object.keys(choice.delta).length > 0 ? { delta: choice.delta } : {};
    return { ...event, ...said };
  },
};
