// Events of OpenAI's Responses API as chunks that carry them, so that the redaction looks for the key across events.
import { AppError } from '#shared/core/errors.ts';
import { maskKeyShapes } from '#shared/core/key-shapes.ts';
import type { Chunk } from '#shared/providers/chat-answer.ts';
import type { EventCodec } from '#shared/providers/dialect-calls.ts';

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const fields = (value: unknown): Fields => (isObject(value) ? value : {});
const wordIn = (value: unknown) =>
  typeof value === 'string' && /^[A-Za-z_.-]{3,64}$/.test(value) ? value : undefined;

const LAST = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/** The words of an answer that its provider gave up, marked as its own. */
function failureIn({ code, message }: Fields): AppError {
  const word = wordIn(code);
  return new AppError('upstream_failed', 'OpenAI broke the answer off.', {
    provider: 'openai',
    ...(typeof message === 'string' && {
      provider_message: maskKeyShapes(message).slice(0, 500).toWellFormed(),
    }),
    ...(word !== undefined && { upstream_code: word, client_code: word }),
  });
}

export const responseEvents: EventCodec = {
  chunkOf(event): Chunk {
    const { type, output_index: at, content_index, summary_index, delta, logprobs, ...rest } = fields(event);
    const index = typeof at === 'number' ? at : 0;
    const name = String(type);
    const ends = name.endsWith('.done') || LAST.has(name) || name === 'error';
    const part = content_index ?? summary_index;
    const native = { type, output_index: at, content_index, summary_index, ...rest };
    if (typeof delta !== 'string') {
      const choice = { index, delta: {}, finish_reason: ends ? 'stop' : null };
      return { choices: [choice], native: { ...native, delta, logprobs } };
    }
    const said = { [`${name}.${typeof part === 'number' ? part : 0}`]: delta };
    return {
      choices: [{ index, delta: said, finish_reason: null, ...(logprobs !== undefined && { logprobs }) }],
      native,
    };
  },

  /** @throws {AppError} `upstream_failed` for an answer that its provider gave up */
  eventOf({ choices: [choice], native }: Chunk): unknown {
    const event = fields(native);
    if (event['type'] === 'error') throw failureIn(event);
    if (event['type'] === 'response.failed') throw failureIn(fields(fields(event['response'])['error']));
    const [said] = Object.values(choice?.delta ?? {});
    if (said === undefined) return event;
    // Probabilities that spell the key are left out with the key.
    return { ...event, delta: said, ...(choice && 'logprobs' in choice && { logprobs: choice['logprobs'] }) };
  },
};
