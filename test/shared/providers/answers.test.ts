// Translation of provider answers: the cases that users reported, by their ids, with neighbours.
import { describe, expect, it } from 'vitest';

import { parseExact } from '#shared/core/exact-json.ts';
import { type Chunk, strictChunk, strictCompletion } from '#shared/providers/chat-answer.ts';

import { adapter, type ProviderName, streamed, translated } from './translated.ts';

const deltas = (chunks: readonly Chunk[]) =>
  chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
const finishes = (chunks: readonly Chunk[]) =>
  chunks.flatMap(({ choices }) => choices.flatMap(({ finish_reason: reason }) => reason ?? []));

const joined = (texts: readonly (string | null | undefined)[]) => texts.map((text) => text ?? '').join('');

/** The calls as a client joins them from their pieces. */
function joinedCalls(chunks: readonly Chunk[]) {
  const pieces = deltas(chunks).flatMap(({ tool_calls: calls }) => calls ?? []);
  const indexes = [...new Set(pieces.map(({ index }) => index ?? -1))];
  return indexes.map((at) => {
    const own = pieces.filter(({ index }) => (index ?? -1) === at);
    return {
      id: joined(own.map(({ id }) => id)),
      name: joined(own.map(({ function: said }) => said?.name)),
      arguments: joined(own.map(({ function: said }) => said?.arguments)),
    };
  });
}

const start = {
  type: 'message_start',
  message: { id: 'msg_1', model: 'claude', usage: { input_tokens: 5, output_tokens: 1 } },
};
const toolStart = (index: number, input: unknown = {}) => ({
  type: 'content_block_start',
  index,
  content_block: { type: 'tool_use', id: `toolu_${index}`, name: 'f', input },
});
const json = (index: number, partial_json: string) => ({
  type: 'content_block_delta',
  index,
  delta: { type: 'input_json_delta', partial_json },
});
const stop = (stop_reason: string) => [
  { type: 'message_delta', delta: { stop_reason }, usage: { output_tokens: 9 } },
  { type: 'message_stop' },
];

describe('D1: a call of Claude without arguments', () => {
  it.each([
    ['an empty piece', [toolStart(0), json(0, '')], ['{}']],
    ['no piece', [toolStart(0)], ['{}']],
    ['the whole in its first event', [toolStart(0, { a: 1 })], ['{"a":1}']],
    [
      'pieces, which count instead of the first event',
      [toolStart(0), json(0, ''), json(0, '{"a":'), json(0, '1}')],
      ['{"a":1}'],
    ],
    ['two of them', [toolStart(0), toolStart(1), json(1, '{}')], ['{}', '{}']],
  ])('has arguments that parse: %s', (_how, events, expected) => {
    const chunks = streamed('anthropic', [start, ...events, ...stop('tool_use')]);
    expect(joinedCalls(chunks).map(({ arguments: given }) => given)).toEqual(expected);
    expect(finishes(chunks)).toEqual(['tool_calls']);
  });
});

describe('C11: a call that the limit of the answer cuts', () => {
  it('is not handed on as whole in a stream', () => {
    const chunks = streamed('anthropic', [start, toolStart(0), ...stop('max_tokens')]);
    expect([joinedCalls(chunks)[0]?.arguments, finishes(chunks)]).toEqual(['', ['length']]);
  });
  it('is left out of a whole answer', () => {
    const content = [
      { type: 'text', text: 'so' },
      { type: 'tool_use', id: 't', name: 'f', input: {} },
    ];
    const usage = { input_tokens: 1, output_tokens: 1 };
    const answer = adapter('anthropic').reply({
      id: 'i',
      model: 'm',
      content,
      stop_reason: 'max_tokens',
      usage,
    });
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'so' } });
    expect(answer.choices[0]?.message).not.toHaveProperty('tool_calls');
  });
});

const gemini = (parts: object[], finishReason?: string) => ({
  responseId: 'r1',
  modelVersion: 'gemini',
  candidates: [{ content: { role: 'model', parts }, ...(finishReason && { finishReason }) }],
  usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2 },
});

describe('D2: Gemini’s reason to finish', () => {
  it('comes once and last, though every piece has it', () => {
    const chunks = streamed(
      'google',
      ['a', 'b', 'c'].map((text) => gemini([{ text }], 'STOP')),
    );
    expect(finishes(chunks)).toEqual(['stop']);
    expect(
      deltas(chunks)
        .map(({ content }) => content ?? '')
        .join(''),
    ).toBe('abc');
    expect(chunks.findIndex(({ choices }) => choices[0]?.finish_reason)).toBe(3);
    expect(chunks.at(-1)?.usage?.prompt_tokens).toBe(1);
  });
  it('is none where the connection ended without one', () => {
    expect(finishes(streamed('google', [gemini([{ text: 'a' }])], false))).toEqual([]);
  });
});

const openaiLike = (finish_reason: string | null, message: object = { content: 'x' }) => ({
  model: 'm',
  choices: [{ message, finish_reason }],
});

describe('D3: a reason in a provider’s own words', () => {
  const WORDS = ['stop', 'length', 'tool_calls', 'content_filter', 'function_call'];
  it.each<[ProviderName, string, string]>([
    ['mistral', 'model_length', 'length'],
    ['mistral', 'stop', 'stop'],
    ['compatible', 'eos', 'stop'],
    ['compatible', 'insufficient_system_resource', 'stop'],
  ])('is one of OpenAI’s: %s %s', (id, reason, word) => {
    const whole = strictCompletion(adapter(id).reply(openaiLike(reason)));
    expect(whole.choices[0]?.finish_reason).toBe(word);
    expect(
      finishes(streamed(id, [{ choices: [{ delta: { content: 'x' }, finish_reason: reason }] }])),
    ).toEqual([word]);
  });
  it('says that there are calls where there are', () => {
    const message = { content: null, tool_calls: [{ id: 'c', function: { name: 'f', arguments: '{}' } }] };
    expect(
      strictCompletion(adapter('compatible').reply(openaiLike('stop', message))).choices[0]?.finish_reason,
    ).toBe('tool_calls');
  });
  it.each([
    'end_turn',
    'max_tokens',
    'stop_sequence',
    'tool_use',
    'pause_turn',
    'refusal',
    'model_context_window_exceeded',
    'of_tomorrow',
  ])('is one of OpenAI’s: anthropic %s', (stop_reason) => {
    const answer = adapter('anthropic').reply({
      id: 'i',
      model: 'm',
      content: [{ type: 'text', text: 'x' }],
      stop_reason,
      usage: {},
    });
    expect(WORDS).toContain(answer.choices[0]?.finish_reason);
  });
  it.each([
    'STOP',
    'MAX_TOKENS',
    'SAFETY',
    'RECITATION',
    'OTHER',
    'BLOCKLIST',
    'SPII',
    'LANGUAGE',
    'FINISH_REASON_UNSPECIFIED',
    'OF_TOMORROW',
  ])('is one of OpenAI’s: google %s', (reason) => {
    expect(WORDS).toContain(
      adapter('google').reply(gemini([{ text: 'x' }], reason)).choices[0]?.finish_reason,
    );
  });
  it.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'MISSING_THOUGHT_SIGNATURE'])(
    'is a typed error where nothing usable was made: google %s',
    (reason) => {
      const failed = expect.objectContaining({
        code: 'upstream_failed',
        message: expect.stringContaining(reason),
      });
      expect(() => adapter('google').reply(gemini([], reason))).toThrow(failed);
      expect(() => streamed('google', [gemini([], reason)])).toThrow(failed);
      expect(finishes(streamed('google', [gemini([{ text: 'so' }], reason)]))).toEqual(['stop']);
    },
  );
  it('is a typed error where the provider gave up: mistral error', () => {
    const chunk = { choices: [{ delta: {}, finish_reason: 'error' }] };
    expect(() => streamed('mistral', [chunk])).toThrow(expect.objectContaining({ code: 'upstream_failed' }));
  });
});

const piece = (...tool_calls: object[]) => ({
  id: 'a1',
  model: 'm',
  choices: [{ index: 0, delta: { tool_calls } }],
});

describe('D4: pieces of calls', () => {
  it.each<[string, object[]]>([
    [
      'without an index',
      [
        piece({ id: 'x', function: { name: 'f', arguments: '{"a"' } }),
        piece({ function: { arguments: ':1}' } }),
        piece({ id: 'y', function: { name: 'g', arguments: '{}' } }),
      ],
    ],
    [
      'without an index, both at once',
      [
        piece(
          { id: 'x', function: { name: 'f', arguments: '{"a":1}' } },
          { id: 'y', function: { name: 'g', arguments: '{}' } },
        ),
      ],
    ],
    [
      'with the same index',
      [
        piece({ index: 0, id: 'x', function: { name: 'f', arguments: '{"a":1}' } }),
        piece({ index: 0, id: 'y', function: { name: 'g', arguments: '{}' } }),
      ],
    ],
    [
      'with the id in every piece',
      [
        piece({ index: 0, id: 'x', function: { name: 'f', arguments: '{"a"' } }),
        piece({ index: 0, id: 'x', function: { name: 'f', arguments: ':1}' } }),
        piece({ index: 1, id: 'y', function: { name: 'g', arguments: '{}' } }),
      ],
    ],
    [
      'with arguments as an object',
      [
        piece(
          { id: 'x', function: { name: 'f', arguments: { a: 1 } } },
          { id: 'y', function: { name: 'g', arguments: {} } },
        ),
      ],
    ],
    [
      'as OpenAI writes them',
      [
        piece({ index: 0, id: 'x', type: 'function', function: { name: 'f', arguments: '' } }),
        piece({ index: 0, function: { arguments: '{"a":1}' } }),
        piece({ index: 1, id: 'y', type: 'function', function: { name: 'g', arguments: '{}' } }),
      ],
    ],
  ])('become two calls, each whole: %s', (_how, events) => {
    const chunks = streamed('compatible', events);
    expect(joinedCalls(chunks)).toEqual([
      { id: 'x', name: 'f', arguments: '{"a":1}' },
      { id: 'y', name: 'g', arguments: '{}' },
    ]);
    expect(finishes(chunks)).toEqual(['tool_calls']);
  });
  it('get an id where the server gives none', () => {
    const [call] = joinedCalls(streamed('compatible', [piece({ function: { name: 'f', arguments: '{}' } })]));
    expect(call?.id).toMatch(/\S/);
    const whole = adapter('compatible').reply({
      id: 'a',
      model: 'm',
      choices: [{ message: { tool_calls: [{ function: { name: 'f', arguments: {} } }] } }],
    });
    expect(whole.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      id: expect.stringMatching(/\S/),
      function: { arguments: '{}' },
    });
  });
});

describe('D5: a compatible server that is careless', () => {
  const events = [
    { id: null, model: null, choices: [{ delta: null }], usage: {} },
    { choices: [{ index: 0, delta: { content: 'hi' }, finish_reason: null }] },
    { choices: null, usage: null },
  ];
  it('is read, and written in OpenAI’s strict shape', () => {
    const chunks = streamed('compatible', events).map(strictChunk);
    for (const { choices } of chunks) {
      for (const choice of choices) {
        expect(choice).toMatchObject({ index: 0, delta: expect.any(Object) });
        expect(choice).toHaveProperty('finish_reason');
      }
    }
    expect(finishes(chunks as Chunk[])).toEqual(['stop']);
  });
  it('gets no reason to finish where its connection ended early', () => {
    expect(finishes(streamed('compatible', events, false))).toEqual([]);
  });
});

describe('D6: an integer beyond 2^53', () => {
  const BIG = '725653563933458433';
  const args = `{"n":${BIG}}`;
  it('reaches every provider as it is in the arguments of a call', () => {
    const messages = [
      { role: 'user', content: 'hi' },
      {
        role: 'assistant',
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: args } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: BIG },
    ];
    for (const id of ['openai', 'anthropic', 'google', 'mistral', 'compatible'] as const) {
      const { text } = translated(id, { messages });
      expect([id, text.split(BIG).length - 1]).toEqual([id, 2]);
    }
  });
  it('comes back as it is from providers whose arguments are objects', () => {
    const claude = `{"id":"i","model":"m","content":[{"type":"tool_use","id":"t","name":"f","input":${args}}],"stop_reason":"tool_use","usage":{}}`;
    const call = adapter('anthropic').reply(parseExact(claude)).choices[0]?.message.tool_calls?.[0];
    expect(call?.function.arguments).toBe(args);
    const google = `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":${args}}}]}}]}`;
    expect(
      adapter('google').reply(parseExact(google)).choices[0]?.message.tool_calls?.[0]?.function.arguments,
    ).toBe(args);
  });
});

describe('D7: a picture in Gemini’s answer', () => {
  const parts = [{ text: 'see' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' } }];
  const images = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }];
  it('is handed on, whole and streamed', () => {
    expect(adapter('google').reply(gemini(parts, 'STOP')).choices[0]?.message).toMatchObject({
      content: 'see',
      images,
    });
    expect(deltas(streamed('google', [gemini(parts, 'STOP')]))[0]).toMatchObject({ content: 'see', images });
  });
});

describe('C9: calls of Gemini', () => {
  it('have ids that differ between answers and within one', () => {
    const parts = [{ functionCall: { name: 'f', args: {} } }, { functionCall: { name: 'f', args: {} } }];
    const ids = ['r1', 'r2', ''].flatMap((responseId) =>
      (
        adapter('google').reply({ ...gemini(parts), responseId, modelVersion: `v${responseId}` }).choices[0]
          ?.message.tool_calls ?? []
      ).map(({ id }) => id),
    );
    expect(new Set(ids).size).toBe(6);
  });
});
