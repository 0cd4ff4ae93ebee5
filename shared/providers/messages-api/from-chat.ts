// Answers in Anthropic's Messages API: whole from a chat completion, and streamed from its chunks.
import {
  type Chunk,
  type Completion,
  countsOf,
  finishWord,
  type TokenCounts,
} from '#shared/providers/chat-answer.ts';
import { objectIn } from '#shared/providers/history.ts';

import type { MessageEvent } from './message.ts';

type Fields = Readonly<Record<string, unknown>>;
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
function toMessagesUsage({
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
export function toMessagesResponse({ choices: [choice], usage }: Completion, head: Head): Fields {
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
    usage: toMessagesUsage(countsOf(usage)),
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
  yield { type: 'message_delta', delta: stopped, usage: toMessagesUsage(countsOf(usage)) };
  yield { type: 'message_stop' };
}
