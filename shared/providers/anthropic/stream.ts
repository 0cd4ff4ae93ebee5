// A streamed answer of Anthropic as chat completion chunks.
import * as z from 'zod';

import { type Chunk, toChatChunk } from '#shared/providers/chat-answer.ts';
import type { StreamReader } from '#shared/providers/chat.ts';

import { finishOf, Other, Redacted, Text, Thinking, ToolUse, Usage, usageIn } from './response.ts';

const OtherDelta = z
  .object({ type: z.string().regex(/^(?!(?:text|input_json|thinking|signature)_delta$)/) })
  .transform(() => ({ type: 'other' as const }));

const Event = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('message_start'),
    message: z.object({ id: z.string(), model: z.string(), usage: Usage }),
  }),
  z.object({
    type: z.literal('content_block_start'),
    index: z.int(),
    content_block: z.union([Text, ToolUse.extend({ input: z.unknown() }), Thinking, Redacted, Other]),
  }),
  z.object({
    type: z.literal('content_block_delta'),
    index: z.int(),
    delta: z.union([
      z.object({ type: z.literal('text_delta'), text: z.string() }),
      z.object({ type: z.literal('input_json_delta'), partial_json: z.string() }),
      z.object({ type: z.literal('thinking_delta'), thinking: z.string() }),
      z.object({ type: z.literal('signature_delta'), signature: z.string() }),
      OtherDelta,
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
type Started = Extract<Event, { type: 'content_block_start' }>;
type Ended = Extract<Event, { type: 'message_delta' }>;
type Continued = Extract<Event, { type: 'content_block_delta' }>;

/** Other events, of today and tomorrow, are passed over. */
const READ = new Set(Event.options.map(({ shape }) => shape.type.value as string));
const Typed = z.object({ type: z.string() });

const present = (usage: Usage) =>
  Object.fromEntries(Object.entries(usage).filter(([, count]) => count != null));

type Head = { readonly id: string; readonly model: string };
type Thought = { thinking: string; signature: string };

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** The calls of one answer. */
function createCalls(head: () => Head) {
  /** Index of a block there → index of a tool call here. */
  const tools = new Map<number, number>();
  /** A call whose arguments have not begun: `whole` are those that its first event held. */
  let silent: { readonly index: number; readonly whole: string } | undefined;

  const delta = (index: number, more: object): Chunk =>
    toChatChunk(head(), { delta: { tool_calls: [{ index, ...more }] } });

  return {
    start(index: number, { id, name, input }: { id: string; name: string; input: unknown }): Chunk[] {
      const at = tools.size;
      tools.set(index, at);
      silent = { index: at, whole: JSON.stringify(isObject(input) ? input : {}) };
      return [delta(at, { id, type: 'function', function: { name, arguments: '' } })];
    },
    continue(index: number, json: string): Chunk[] {
      const tool = tools.get(index);
      if (tool === undefined || json === '') return [];
      if (silent?.index === tool) silent = undefined;
      return [delta(tool, { function: { arguments: json } })];
    },
    /** A call without arguments has those of its first event. @param cut the answer met its limit within the call */
    close(cut: boolean): Chunk[] {
      const call = silent;
      silent = undefined;
      return call && !cut ? [delta(call.index, { function: { arguments: call.whole } })] : [];
    },
  };
}

/** The thoughts of one answer. */
function createThoughts(head: () => Head) {
  const thoughts = new Map<number, Thought>();
  const said = (text: string): Chunk[] =>
    text === '' ? [] : [toChatChunk(head(), { delta: { reasoning_content: text } })];
  return {
    start(index: number, { thinking, signature }: Thought): Chunk[] {
      thoughts.set(index, { thinking, signature });
      return said(thinking);
    },
    continue(index: number, { thinking = '', signature = '' }: Partial<Thought>): Chunk[] {
      const thought = thoughts.get(index);
      if (thought)
        Object.assign(thought, {
          thinking: thought.thinking + thinking,
          signature: thought.signature + signature,
        });
      return said(thinking);
    },
    /** As blocks, for the model to get back. */
    close(): Chunk[] {
      const signed = [...thoughts.values()].filter(({ signature }) => signature !== '');
      thoughts.clear();
      const blocks = signed.map((thought) => ({ type: 'thinking', ...thought }));
      return blocks.length > 0 ? [toChatChunk(head(), { delta: { thinking_blocks: blocks } })] : [];
    },
  };
}

type Parts = {
  readonly calls: ReturnType<typeof createCalls>;
  readonly thoughts: ReturnType<typeof createThoughts>;
  readonly head: Head;
};

function continued({ index, delta }: Continued, { calls, thoughts, head }: Parts): Chunk[] {
  switch (delta.type) {
    case 'text_delta':
      return [toChatChunk(head, { delta: { content: delta.text } })];
    case 'thinking_delta':
    case 'signature_delta':
      return thoughts.continue(index, delta);
    case 'input_json_delta':
      return calls.continue(index, delta.partial_json);
    case 'other':
    default:
      return [];
  }
}

export function createStreamReader(): StreamReader {
  let head = { id: '', model: '' };
  let usage: Usage = {};
  const calls = createCalls(() => head);
  const thoughts = createThoughts(() => head);

  function started({ index, content_block: block }: Started): Chunk[] {
    switch (block.type) {
      case 'text':
        return block.text ? [toChatChunk(head, { delta: { content: block.text } })] : [];
      case 'redacted_thinking':
        return [toChatChunk(head, { delta: { thinking_blocks: [block] } })];
      case 'thinking':
        return thoughts.start(index, block);
      case 'tool_use':
        return calls.start(index, block);
      case 'other':
      default:
        return [];
    }
  }

  function ended({ delta: { stop_reason: reason }, usage: counted }: Ended): Chunk[] {
    usage = { ...usage, ...present(counted ?? {}) };
    const finish = finishOf(reason ?? '');
    if (!reason) return [];
    return [
      ...calls.close(finish === 'length'),
      ...thoughts.close(),
      toChatChunk(head, { delta: {}, finish }),
    ];
  }

  return {
    read(data) {
      if (!READ.has(Typed.parse(data).type)) return [];
      const event = Event.parse(data);
      switch (event.type) {
        case 'message_start':
          ({ usage, ...head } = event.message);
          return [toChatChunk(head, { delta: { role: 'assistant', content: '' } })];
        case 'content_block_start':
          return [...calls.close(false), ...thoughts.close(), ...started(event)];
        case 'content_block_delta':
          return continued(event, { calls, thoughts, head });
        case 'message_delta':
          return ended(event);
        case 'message_stop':
          return [{ ...head, choices: [], usage: usageIn(usage) }];
        default:
          return event satisfies never;
      }
    },
  };
}
