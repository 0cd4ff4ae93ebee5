// The exact sequence of OpenAI's events, made from the chunks of a chat.
import { type Chunk, type Completion, chunksOf, finishWord } from '#shared/providers/chat-answer.ts';

import {
  createEmitter,
  envelopeOf,
  type Fields,
  type ResponseEvent,
  type ResponseHead,
  textOrEmpty,
  usageFields,
} from './envelope.ts';
import { createCalls, createSlots, createTexts } from './output-items.ts';

const CUT: Readonly<Record<string, string>> = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
};

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Writes the events of one response. */
function createResponseWriter(head: ResponseHead, now: () => number) {
  const emit = createEmitter();
  const slots = createSlots(emit);
  const context = { base: head.id.replace(/^resp_/, ''), emit, slots };
  const texts = createTexts(context);
  const calls = createCalls(context);
  let usage: Chunk['usage'];
  let reason: string | null | undefined;

  type Delta = Chunk['choices'][number]['delta'];
  function* deltaEvents({ content, tool_calls: called, ...said }: Delta): Generator<ResponseEvent> {
    yield* texts.say(
      'summary_text',
      textOrEmpty(said['reasoning_content']) || textOrEmpty(said['reasoning']),
    );
    yield* texts.keep(asList(said['thinking_blocks']));
    yield* texts.say('output_text', content ?? '');
    yield* texts.say('refusal', textOrEmpty(said['refusal']));
    for (const { index, id, function: piece } of called ?? [])
      yield* calls.add(index ?? 0, { id, ...piece }, texts.close);
  }

  return {
    start(): ResponseEvent[] {
      const response = envelopeOf(head, { status: 'in_progress', output: [] });
      return [emit('response.created', { response }), emit('response.in_progress', { response })];
    },
    *add({ choices, usage: counted }: Chunk): Generator<ResponseEvent> {
      usage = counted ?? usage;
      for (const { delta, finish_reason: finish } of choices.slice(0, 1)) {
        reason = finish ?? reason;
        yield* deltaEvents(delta);
      }
    },
    end(): ResponseEvent[] {
      const cut = CUT[finishWord(reason ?? 'stop', calls.any())];
      const status = cut === undefined ? 'completed' : 'incomplete';
      const events = [...texts.close(status), ...calls.close(status)];
      const state =
        cut === undefined
          ? { status: 'completed' as const, completed_at: Math.floor(now() / 1000) }
          : { status: 'incomplete' as const, incomplete_details: { reason: cut } };
      const response = envelopeOf(head, { ...state, output: slots.items(), ...usageFields(usage) });
      return [...events, emit(`response.${state.status}`, { response })];
    },
  };
}

export async function* responseEventsOf(
  chunks: AsyncIterable<Chunk>,
  head: ResponseHead,
  now: () => number,
): AsyncGenerator<ResponseEvent> {
  const writer = createResponseWriter(head, now);
  yield* writer.start();
  for await (const chunk of chunks) yield* writer.add(chunk);
  yield* writer.end();
}

/** The whole answer: what its last event would hold. */
export function responseOf(completion: Completion, head: ResponseHead, now: () => number): Fields {
  const writer = createResponseWriter(head, now);
  for (const chunk of chunksOf(completion)) for (const _event of writer.add(chunk));
  return writer.end().at(-1)?.['response'] as Fields;
}
