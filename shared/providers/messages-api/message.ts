// Answers in Anthropic's Messages API: whole from a chat completion, streamed from its chunks, and put together from events.
import {
  type Chunk,
  type Completion,
  countsOf,
  finishWord,
  type TokenCounts,
} from '#shared/providers/chat-answer.ts';
import { objectIn } from '#shared/providers/history.ts';

type Fields = Readonly<Record<string, unknown>>;
export type MessageEvent = Fields & { readonly type: string };
type Head = { readonly id: string; readonly model: string };

const STOP: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
};
const stopReason = (reason: string | null | undefined, called: boolean): string =>
  STOP[finishWord(reason ?? 'stop', called)] ?? 'end_turn';

/** Tokens of the prompt cache are counted apart from `input_tokens` here. */
function usageOf({
  inputTokens,
  outputTokens,
  cachedInputTokens = 0,
  cacheWriteTokens = 0,
}: TokenCounts): Fields {
  return {
    input_tokens: Math.max(0, inputTokens - cachedInputTokens - cacheWriteTokens),
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cachedInputTokens,
    output_tokens: outputTokens,
  };
}

const emptyMessage = ({ id, model }: Head): Fields => ({
  id,
  type: 'message',
  role: 'assistant',
  model,
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 },
});

/** Thoughts are left out: Claude's clients would send them back without the signature that Claude requires. */
export function messageOf({ choices: [choice], usage }: Completion, head: Head): Fields {
  const { content, tool_calls: calls, refusal } = choice?.message ?? {};
  const text = [content, refusal].find((said): said is string => typeof said === 'string' && said !== '');
  const used = (calls ?? []).map(({ id, function: called }, at) => ({
    type: 'tool_use',
    id: id || `toolu_${head.id}_${at}`,
    name: called.name,
    input: objectIn(called.arguments),
  }));
  return {
    ...emptyMessage(head),
    content: [...(text === undefined ? [] : [{ type: 'text', text }]), ...used],
    stop_reason: stopReason(choice?.finish_reason, used.length > 0),
    usage: usageOf(countsOf(usage)),
  };
}

type Call = { id: string; name: string; waiting: string };
type Open = { readonly kind: 'text' } | { readonly kind: 'call'; readonly at: number };

/** Blocks come one after the other: pieces of another call than the open one wait until the answer ends. */
function createBlocks(head: Head) {
  const calls = new Map<number, Call>();
  let open: Open | undefined;
  let late = '';
  let index = -1;

  const stop = (): MessageEvent[] => (open ? [{ type: 'content_block_stop', index }] : []);
  function start(block: Fields, next: Open): MessageEvent[] {
    const events = stop();
    open = next;
    index += 1;
    return [...events, { type: 'content_block_start', index, content_block: block }];
  }
  const delta = (said: Fields): MessageEvent => ({ type: 'content_block_delta', index, delta: said });
  const begin = (at: number, { id, name }: Call): MessageEvent[] =>
    start({ type: 'tool_use', id: id || `toolu_${head.id}_${at}`, name, input: {} }, { kind: 'call', at });

  function flush(call: Call): MessageEvent[] {
    const { waiting } = call;
    call.waiting = '';
    return waiting === '' ? [] : [delta({ type: 'input_json_delta', partial_json: waiting })];
  }

  return {
    text(text: string): MessageEvent[] {
      if (text === '') return [];
      if (open?.kind === 'call') {
        late += text;
        return [];
      }
      const started = open ? [] : start({ type: 'text', text: '' }, { kind: 'text' });
      return [...started, delta({ type: 'text_delta', text })];
    },
    call(
      at: number,
      more: Partial<Record<'id' | 'name' | 'arguments', string | null | undefined>>,
    ): MessageEvent[] {
      const call = calls.get(at) ?? { id: '', name: '', waiting: '' };
      calls.set(at, call);
      call.id ||= more.id ?? '';
      call.name += more.name ?? '';
      call.waiting += more.arguments ?? '';
      if (open?.kind === 'call') return open.at === at ? flush(call) : [];
      return call.name === '' ? [] : [...begin(at, call), ...flush(call)];
    },
    end(): MessageEvent[] {
      const current = open?.kind === 'call' ? open.at : undefined;
      const events = [...calls].flatMap(([at, call]) =>
        at === current || call.name === '' ? [] : [...begin(at, call), ...flush(call)],
      );
      const said =
        late === ''
          ? []
          : [
              ...start({ type: 'text', text: '' }, { kind: 'text' }),
              delta({ type: 'text_delta', text: late }),
            ];
      return [...events, ...said, ...stop()];
    },
    called: () => calls.size > 0,
  };
}

type Delta = Chunk['choices'][number]['delta'];

function* deltaEvents({ content, tool_calls: calls }: Delta, blocks: ReturnType<typeof createBlocks>) {
  yield* blocks.text(content ?? '');
  for (const { index, id, function: called } of calls ?? [])
    yield* blocks.call(index ?? 0, { id, ...called });
}

/** The exact sequence of Anthropic's events. */
export async function* messageEvents(chunks: AsyncIterable<Chunk>, head: Head): AsyncGenerator<MessageEvent> {
  const blocks = createBlocks(head);
  let usage: Chunk['usage'];
  let reason: string | null | undefined;
  yield { type: 'message_start', message: emptyMessage(head) };
  for await (const { choices, usage: counted } of chunks) {
    usage = counted ?? usage;
    for (const { delta, finish_reason: finish } of choices.slice(0, 1)) {
      reason = finish ?? reason;
      yield* deltaEvents(delta, blocks);
    }
  }
  yield* blocks.end();
  const stopped = { stop_reason: stopReason(reason, blocks.called()), stop_sequence: null };
  yield { type: 'message_delta', delta: stopped, usage: usageOf(countsOf(usage)) };
  yield { type: 'message_stop' };
}

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
