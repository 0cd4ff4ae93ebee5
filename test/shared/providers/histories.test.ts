// Conversations that move between providers: a history made by any of them, replayed to any other.
import { describe, expect, it } from 'vitest';

import { strictCompletion } from '#shared/providers/chat-answer.ts';

import { adapter, PROVIDERS, type ProviderName, translated } from './translated.ts';

const ARGUMENTS = '{"city":"Bern"}';
const called = { name: 'weather', arguments: ARGUMENTS };
const openai = (id: string, more: object = {}) => ({
  id: 'a',
  model: 'm',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        refusal: null,
        ...more,
        tool_calls: [1, 2].map((n) => ({ id: `${id}${n}`, type: 'function', function: called })),
      },
      finish_reason: 'tool_calls',
    },
  ],
});

/** An answer with two calls, as each provider writes it. */
const ANSWERS: Readonly<Record<ProviderName, unknown>> = {
  openai: openai('call_abcdefghijklmnopqrstuvw', { annotations: [] }),
  mistral: openai('D681PevK'),
  compatible: openai('functions.weather:', { reasoning_content: 'Bern, then.' }),
  anthropic: {
    id: 'msg',
    model: 'claude',
    stop_reason: 'tool_use',
    usage: { input_tokens: 1, output_tokens: 1 },
    content: [
      { type: 'thinking', thinking: 'Bern, then.', signature: 'sig' },
      ...[1, 2].map((n) => ({
        type: 'tool_use',
        id: `toolu_${n}`,
        name: 'weather',
        input: JSON.parse(ARGUMENTS),
      })),
    ],
  },
  google: {
    responseId: 'same',
    modelVersion: 'gemini',
    candidates: [
      {
        content: {
          parts: [
            { functionCall: { name: 'weather', args: JSON.parse(ARGUMENTS) }, thoughtSignature: 'sig' },
            { functionCall: { name: 'weather', args: JSON.parse(ARGUMENTS) } },
          ],
        },
        finishReason: 'STOP',
      },
    ],
  },
};

/** A conversation of two turns with calls, as a client keeps it: the second turn repeats the ids of the first. */
function historyBy(id: ProviderName) {
  const [choice] = strictCompletion(adapter(id).reply(ANSWERS[id])).choices;
  const message = { ...choice?.message, name: 'assistant' };
  const results = (choice?.message.tool_calls ?? []).map((call, at) => ({
    role: 'tool',
    tool_call_id: call.id,
    name: 'weather',
    content: `${at} degrees`,
  }));
  const user = { role: 'user', name: 'ann', content: 'Weather?' };
  return [
    { role: 'system', content: 'Be brief.' },
    user,
    message,
    ...results,
    { role: 'assistant', content: '' },
    user,
    message,
    ...results,
  ];
}

/** A body in whichever dialect. */
type Json = ReturnType<typeof JSON.parse>;

/** Calls and results of a request, in the order they were sent. */
function pairsIn(id: ProviderName, { messages = [], contents = [] }: Json) {
  if (id === 'anthropic') {
    const blocks: Json[] = messages.flatMap(({ content }: Json) => content);
    const uses = blocks.filter(({ type }) => type === 'tool_use');
    return {
      calls: uses.map((use) => use.id),
      results: blocks.flatMap(({ tool_use_id }) => tool_use_id ?? []),
      inputs: uses.map(({ input }) => JSON.stringify(input)),
    };
  }
  if (id === 'google') {
    const parts: Json[] = contents.flatMap((content: Json) => content.parts);
    const calls = parts.flatMap(({ functionCall }) => functionCall ?? []);
    return {
      calls: calls.map(({ name }) => name),
      results: parts.flatMap(({ functionResponse }) => functionResponse?.name ?? []),
      inputs: calls.map(({ args }) => JSON.stringify(args)),
    };
  }
  const calls: Json[] = messages.flatMap(({ tool_calls }: Json) => tool_calls ?? []);
  return {
    calls: calls.map((call) => call.id),
    results: messages.flatMap(({ tool_call_id }: Json) => tool_call_id ?? []),
    inputs: calls.map((call) => call.function.arguments),
  };
}

const PAIRS = PROVIDERS.flatMap((from) => PROVIDERS.map((to) => [from, to] as const));

const isNative = (id: ProviderName) => id === 'openai' || id === 'compatible';
/** Gemini has no ids: its results are named after their tools. */
const DISTINCT = { openai: 2, compatible: 2, google: 1, anthropic: 4, mistral: 4 } as const;
/** Fields that a target does not take. */
const FOREIGN: Readonly<Record<ProviderName, RegExp>> = {
  openai: /reasoning_content|thinking_blocks|extra_content/,
  compatible: /no field is foreign to an unknown server/,
  anthropic: /"annotations"|"refusal"|"ann"|reasoning_content|extra_content/,
  google: /"annotations"|"refusal"|"ann"|reasoning_content|thinking_blocks/,
  mistral: /"annotations"|"refusal"|"ann"|reasoning_content|extra_content|"functions\.|"call_|"toolu_/,
};

describe('a conversation', () => {
  it.each(PAIRS)('made by %s is continued by %s: each result keeps to its call', (from, to) => {
    const { body } = translated(to, { messages: historyBy(from) });
    const { calls, results, inputs } = pairsIn(to, body);
    expect(calls).toHaveLength(4);
    expect(results).toEqual(calls);
    expect(inputs).toEqual([ARGUMENTS, ARGUMENTS, ARGUMENTS, ARGUMENTS]);
    expect(new Set(calls).size).toBe(DISTINCT[to]);
  });

  it.each(PAIRS)(
    'made by %s reaches %s without what it does not take, and names what it loses',
    (from, to) => {
      const { text, dropped } = translated(to, { messages: historyBy(from) });
      expect(text).not.toMatch(FOREIGN[to]);
      expect(text).not.toMatch(/"(?:content|parts)":\[\]|"text":"\s*"/);
      expect(dropped.includes('messages.name')).toBe(!isNative(to));
    },
  );

  it.each(PROVIDERS)(
    'made by %s has a signature in each of its turns at Gemini, and ids that Mistral takes',
    (from) => {
      const { text } = translated('google', { messages: historyBy(from) });
      expect(text.match(/"thoughtSignature"/g)).toHaveLength(2);
      const { calls } = pairsIn('mistral', translated('mistral', { messages: historyBy(from) }).body);
      expect(calls.join(' ')).toMatch(/^(?:[A-Za-z0-9]{9} ?){4}$/);
    },
  );

  it('keeps Claude’s thoughts and Gemini’s signatures where they come from', () => {
    const claude = translated('anthropic', { messages: historyBy('anthropic') }).body.messages[1].content;
    expect(claude[0]).toEqual({ type: 'thinking', thinking: 'Bern, then.', signature: 'sig' });
    const gemini = translated('google', { messages: historyBy('google') }).body.contents[1].parts;
    expect(gemini.map(({ thoughtSignature }: { thoughtSignature?: string }) => thoughtSignature)).toEqual([
      'sig',
      undefined,
    ]);
  });
});

describe('a user who writes before the answer to a tool’s result', () => {
  it('is put behind an assistant’s message at Mistral, which rejects the order', () => {
    const [, , message, ...results] = historyBy('mistral');
    const messages = [
      { role: 'user', content: 'a' },
      message,
      ...results.slice(0, 2),
      { role: 'user', content: 'b' },
    ];
    const roles = translated('mistral', { messages }).body.messages.map(({ role }: { role: string }) => role);
    expect(roles).toEqual(['user', 'assistant', 'tool', 'tool', 'assistant', 'user']);
  });
});
