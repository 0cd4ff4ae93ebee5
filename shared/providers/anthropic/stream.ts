// A streamed answer of Anthropic as chat completion chunks.
import * as z from 'zod';

import { type Chunk, chunkOf } from '#shared/providers/chat-answer.ts';

import { finishOf, Other, Text, ToolUse, Usage, usageIn } from './response.ts';

const Event = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('message_start'),
    message: z.object({ id: z.string(), model: z.string(), usage: Usage }),
  }),
  z.object({
    type: z.literal('content_block_start'),
    index: z.int(),
    content_block: z.union([Text, z.object({ ...ToolUse.shape, input: z.unknown() }), Other]),
  }),
  z.object({
    type: z.literal('content_block_delta'),
    index: z.int(),
    delta: z.union([
      z.object({ type: z.literal('text_delta'), text: z.string() }),
      z.object({ type: z.literal('input_json_delta'), partial_json: z.string() }),
      Other,
    ]),
  }),
  z.object({
    type: z.literal('message_delta'),
    delta: z.object({ stop_reason: z.string().nullish() }),
    usage: Usage.nullish(),
  }),
  z.object({ type: z.literal('message_stop') }),
]);
type Event = z.infer<typeof Event>;

/** Any others, of today and tomorrow, are to be passed over. */
const READ = new Set(Event.options.map(({ shape }) => shape.type.value as string));
const Typed = z.object({ type: z.string() });

const present = (usage: Usage) =>
  Object.fromEntries(Object.entries(usage).filter(([, count]) => count != null));

export function createStreamReader() {
  let head = { id: '', model: '' };
  let usage: Usage = {};
  /** Index of a block there → index of a tool call here. */
  const tools = new Map<number, number>();

  function started({
    index,
    content_block: block,
  }: Extract<Event, { type: 'content_block_start' }>): Chunk[] {
    if (block.type === 'text') return block.text ? [chunkOf(head, { delta: { content: block.text } })] : [];
    if (block.type !== 'tool_use') return [];
    tools.set(index, tools.size);
    const call = {
      index: tools.get(index),
      id: block.id,
      type: 'function',
      function: { name: block.name, arguments: '' },
    };
    return [chunkOf(head, { delta: { tool_calls: [call] } })];
  }

  function continued({ index, delta }: Extract<Event, { type: 'content_block_delta' }>): Chunk[] {
    if (delta.type === 'text_delta') return [chunkOf(head, { delta: { content: delta.text } })];
    const tool = tools.get(index);
    if (delta.type !== 'input_json_delta' || tool === undefined) return [];
    const call = { index: tool, function: { arguments: delta.partial_json } };
    return [chunkOf(head, { delta: { tool_calls: [call] } })];
  }

  return (data: unknown): readonly Chunk[] => {
    if (!READ.has(Typed.parse(data).type)) return [];
    const event = Event.parse(data);
    switch (event.type) {
      case 'message_start':
        head = { id: event.message.id, model: event.message.model };
        usage = event.message.usage;
        return [chunkOf(head, { delta: { role: 'assistant', content: '' } })];
      case 'content_block_start':
        return started(event);
      case 'content_block_delta':
        return continued(event);
      case 'message_delta': {
        usage = { ...usage, ...present(event.usage ?? {}) };
        const { stop_reason: reason } = event.delta;
        return reason ? [chunkOf(head, { delta: {}, finish: finishOf(reason) })] : [];
      }
      case 'message_stop':
        return [{ ...head, choices: [], usage: usageIn(usage) }];
      default:
        return event satisfies never;
    }
  };
}
