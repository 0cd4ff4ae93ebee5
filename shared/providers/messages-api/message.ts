// A streamed message of Anthropic's: put together again, and streamed once more.
import { objectIn } from '#shared/providers/history.ts';

type Fields = Readonly<Record<string, unknown>>;

export type MessageEvent = Fields & { readonly type: string };

type Collected = { block: Record<string, unknown>; json: string };
const append = (block: Record<string, unknown>, name: string, more: unknown) => {
  if (typeof more === 'string') block[name] = `${typeof block[name] === 'string' ? block[name] : ''}${more}`;
};

/** A streamed message put together again. */
export function createMessageCollector() {
  let message: Record<string, unknown> = {};
  const blocks = new Map<unknown, Collected>();
  let complete = false;

  function extend(at: Collected, delta: Fields): void {
    const { block } = at;
    if (typeof delta['partial_json'] === 'string') at.json += delta['partial_json'];
    for (const name of ['text', 'thinking', 'signature']) append(block, name, delta[name]);
    if (delta['type'] !== 'citations_delta') return;
    const before = Array.isArray(block['citations']) ? (block['citations'] as unknown[]) : [];
    block['citations'] = [...before, delta['citation']];
  }

  const handlers: Readonly<Record<string, (event: MessageEvent) => void>> = {
    message_start: ({ message: begun }) => void (message = { ...(begun as Fields) }),
    content_block_start: ({ index, content_block: block }) =>
      void blocks.set(index, { block: { ...(block as Fields) }, json: '' }),
    content_block_delta({ index, delta }) {
      const at = blocks.get(index);
      if (at) extend(at, delta as Fields);
    },
    content_block_stop({ index }) {
      const at = blocks.get(index);
      if (at && at.json !== '') at.block['input'] = objectIn(at.json);
    },
    message_delta({ delta, usage }) {
      const counted = Object.entries((usage ?? {}) as Fields).filter(([, count]) => count !== null);
      const counts = { ...(message['usage'] as Fields), ...Object.fromEntries(counted) };
      message = { ...message, ...(delta as Fields), usage: counts };
    },
    message_stop: () => void (complete = true),
  };

  return {
    add: (event: MessageEvent): void =>
      Object.hasOwn(handlers, event.type) ? handlers[event.type]?.(event) : undefined,
    /** Undefined for a stream that ended before its message did. */
    message: (): Fields | undefined =>
      complete ? { ...message, content: [...blocks.values()].map(({ block }) => block) } : undefined,
  };
}

/** The parts of a block that come after its start. */
const EMPTY: Readonly<Record<string, Fields>> = {
  text: { text: '' },
  tool_use: { input: {} },
  thinking: { thinking: '', signature: '' },
};

function* blockEvents(block: Fields, index: number): Generator<MessageEvent> {
  const { type, text, input, thinking, signature } = block;
  const delta = (said: Fields) => ({ type: 'content_block_delta', index, delta: said });
  const empty = EMPTY[String(type)] ?? {};
  yield { type: 'content_block_start', index, content_block: { ...block, ...empty } };
  if (type === 'text') yield delta({ type: 'text_delta', text });
  if (type === 'tool_use') yield delta({ type: 'input_json_delta', partial_json: JSON.stringify(input) });
  if (type === 'thinking') {
    yield delta({ type: 'thinking_delta', thinking });
    yield delta({ type: 'signature_delta', signature });
  }
  yield { type: 'content_block_stop', index };
}

/** The events of a message that is streamed once more. */
export function* eventsAgain(message: Fields): Generator<MessageEvent> {
  const { content, stop_reason, stop_sequence, usage, ...head } = message;
  const begun = { ...head, content: [], stop_reason: null, stop_sequence: null, usage };
  yield { type: 'message_start', message: begun };
  for (const [index, block] of (content as readonly Fields[]).entries()) yield* blockEvents(block, index);
  yield { type: 'message_delta', delta: { stop_reason, stop_sequence }, usage };
  yield { type: 'message_stop' };
}
