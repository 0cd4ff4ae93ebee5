// Translation of chat requests for each provider: the cases that users reported, by their ids, with neighbours.
import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import { ChatBody } from '#shared/providers/chat-request.ts';
import { headerNames } from '#shared/providers/dropped-fields.ts';
import { withKnownPrefix } from '#shared/providers/model-name.ts';

import { PROVIDERS, type ProviderName, translated } from './translated.ts';

const TRANSLATED = ['anthropic', 'google', 'mistral'] as const;
const hello = { role: 'user', content: 'hi' };
const call = (id: string, args = '{}') => ({
  id,
  type: 'function',
  function: { name: 'f', arguments: args },
});
const called = (...ids: string[]) => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => call(id)),
});
const result = (id: string, content: unknown = 'done') => ({ role: 'tool', tool_call_id: id, content });
const tool = (parameters?: object) => ({
  type: 'function',
  function: { name: 'f', ...(parameters && { parameters }) },
});
const PNG = 'data:image/png;base64,AAAA';
const image = (url = PNG) => ({ type: 'image_url', image_url: { url } });

/** The text of a user's turn, wherever the dialect keeps it. */
const sentText = (id: ProviderName, body: object) => translated(id, body as Record<string, unknown>).text;

const NULLABLE = `
  temperature top_p stop max_tokens max_completion_tokens tools tool_choice n seed response_format
  frequency_penalty presence_penalty logit_bias logprobs top_logprobs user parallel_tool_calls
  reasoning_effort verbosity metadata store service_tier stream_options modalities audio functions
  function_call prediction a_field_of_tomorrow
`
  .trim()
  .split(/\s+/);

const conversation = (more: object, callMore: object = {}) => [
  { ...hello, ...more },
  { role: 'assistant', content: null, ...more, tool_calls: [{ ...call('call_1'), ...callMore }] },
  { ...result('call_1'), ...more },
];

const schemaOf = (parameters?: object) =>
  translated('anthropic', { tools: [tool(parameters)] }).body.tools[0].input_schema;

const branch = (name: string) => ({
  type: 'object',
  properties: { kind: {}, [name]: { type: 'string' } },
  required: ['kind', name],
});

describe('C1: an optional field that is null', () => {
  it.each(PROVIDERS)('is the same as its absence for %s', (id) => {
    const plain = translated(id, {});
    for (const field of NULLABLE) expect([field, translated(id, { [field]: null })]).toEqual([field, plain]);
  });

  it.each(PROVIDERS)('counts as absent within messages, calls and tools for %s', (id) => {
    const nulls = { name: null, refusal: null, cache_control: null };
    const tools = [{ type: 'function', function: { name: 'f', description: null, strict: null } }];
    expect(
      translated(id, { messages: conversation(nulls, { extra_content: null, index: null }), tools }),
    ).toEqual(translated(id, { messages: conversation({}), tools: [tool()] }));
  });

  it('stays where it belongs to the caller’s own schema', () => {
    const parameters = { type: 'object', properties: { a: { enum: ['x', null], default: null } } };
    for (const id of PROVIDERS)
      expect(sentText(id, { tools: [tool(parameters)] })).toContain('"default":null');
  });
});

describe('C2: a field whose value every provider takes as its default', () => {
  it.each([
    { frequency_penalty: 0, presence_penalty: 0 },
    { logprobs: false, top_logprobs: 0, logit_bias: {} },
    { parallel_tool_calls: true, tools: [], stop: [] },
    { n: 1, store: false, metadata: {}, modalities: ['text'], response_format: { type: 'text' } },
    { tool_choice: 'auto' },
    { tool_choice: 'none', functions: [] },
  ])('requests nothing: %o', (body) => {
    for (const id of PROVIDERS) expect([id, translated(id, body)]).toEqual([id, translated(id, {})]);
  });

  it('is not mistaken for the value beside it', () => {
    expect(translated('anthropic', { frequency_penalty: 0.1, logprobs: true }).dropped.toSorted()).toEqual([
      'frequency_penalty',
      'logprobs',
    ]);
    expect(translated('google', { parallel_tool_calls: false, tools: [tool()] }).dropped).toEqual([
      'parallel_tool_calls',
    ]);
    expect(translated('anthropic', { parallel_tool_calls: false, tools: [tool()] }).body.tool_choice).toEqual(
      {
        type: 'auto',
        disable_parallel_tool_use: true,
      },
    );
  });
});

describe('C3: a name', () => {
  const messages = [{ ...hello, name: 'ann' }, called('call_1'), { ...result('call_1'), name: 'f' }];
  it('is passed on where messages have one', () => {
    for (const id of ['openai', 'compatible'] as const) {
      expect(translated(id, { messages })).toMatchObject({ body: { messages }, dropped: [] });
    }
  });
  it.each(TRANSLATED)('is dropped by name where they have none: %s', (id) => {
    const { dropped, text } = translated(id, { messages });
    expect(dropped).toEqual(['messages.name']);
    expect(text).not.toContain('ann');
  });
});

describe('C4: a field of one provider', () => {
  const messages = [
    { role: 'user', content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }] },
  ];
  it('reaches the provider that knows it', () => {
    const { body, dropped } = translated('anthropic', {
      messages,
      top_k: 5,
      cache_control: { type: 'ephemeral' },
    });
    expect(dropped).toEqual([]);
    expect(body).toMatchObject({
      top_k: 5,
      cache_control: { type: 'ephemeral' },
      messages: [{ content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }] }],
    });
    const thinking = { type: 'enabled', budget_tokens: 2048 };
    expect(translated('anthropic', { model: 'claude-haiku-4-5', thinking }).body.thinking).toEqual(thinking);
    expect(translated('mistral', { safe_prompt: true })).toMatchObject({
      body: { safe_prompt: true },
      dropped: [],
    });
    expect(translated('google', { top_k: 5 })).toMatchObject({
      body: { generationConfig: { topK: 5 } },
      dropped: [],
    });
  });

  it.each<[ProviderName, string[]]>([
    ['openai', ['messages.content.cache_control', 'thinking', 'top_k']],
    ['google', ['messages.content.cache_control', 'thinking']],
    ['mistral', ['messages.content.cache_control', 'thinking', 'top_k']],
    ['compatible', []],
  ])('is dropped by name elsewhere, or unknown to the gateway: %s', (id, names) => {
    const { dropped, text } = translated(id, { messages, top_k: 5, thinking: { type: 'adaptive' } });
    expect(dropped.toSorted()).toEqual(names);
    expect(text.includes('ephemeral')).toBe(id === 'compatible');
  });

  it('may stand on a system message, a tool, a result, and is then a list of blocks', () => {
    const cached = { cache_control: { type: 'ephemeral' } };
    const { body } = translated('anthropic', {
      messages: [
        { role: 'system', content: 'be', ...cached },
        hello,
        called('call_1'),
        { ...result('call_1'), ...cached },
      ],
      tools: [{ ...tool(), ...cached }],
    });
    expect(body.system).toEqual([{ type: 'text', text: 'be', ...cached }]);
    expect(body.tools[0]).toMatchObject(cached);
    expect(body.messages.at(-1).content[0]).toMatchObject({ type: 'tool_result', ...cached });
  });

  it('never makes the provider keep a cache for longer than the known price covers', () => {
    const content = [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral', ttl: '1h' } }];
    const { dropped, text } = translated('anthropic', { messages: [{ role: 'user', content }] });
    expect(dropped).toEqual(['messages.content.cache_control.ttl']);
    expect(text).not.toContain('1h');
  });

  it.each(PROVIDERS)('that nobody knows yet reaches OpenAI’s API, and is named elsewhere: %s', (id) => {
    const { dropped, text } = translated(id, { a_field_of_tomorrow: { deep: [1] } });
    const isNative = id === 'openai' || id === 'compatible';
    expect(text.includes('"a_field_of_tomorrow":{"deep":[1]}')).toBe(isNative);
    expect(dropped).toEqual(isNative ? [] : ['a_field_of_tomorrow']);
  });
});

describe('C5: content that says nothing', () => {
  it.each(TRANSLATED)('is left out for %s', (id) => {
    const messages = [
      { role: 'system', content: '' },
      { role: 'user', content: '' },
      {
        role: 'user',
        content: [
          { type: 'text', text: ' ' },
          { type: 'text', text: 'hi' },
        ],
      },
      { role: 'assistant', content: null },
      { role: 'assistant', content: '', tool_calls: [] },
      hello,
    ];
    const { text, body } = translated(id, { messages });
    expect(text).not.toMatch(/"(?:content|parts)":\[\]|"(?:text|content|system)":"\s*"/);
    expect((body.messages ?? body.contents).length).toBeGreaterThan(0);
  });

  it.each(TRANSLATED)('alone is rejected by name for %s', (id) => {
    for (const messages of [
      [{ role: 'user', content: '' }],
      [{ role: 'system', content: ' ' }],
      [{ role: 'assistant', content: null }],
    ]) {
      expect(() => translated(id, { messages })).toThrow(
        expect.objectContaining({
          details: expect.objectContaining({ issues: [expect.objectContaining({ path: 'messages' })] }),
        }),
      );
    }
  });

  it('in a tool’s result is an empty result', () => {
    const messages = [hello, called('call_1'), result('call_1', '')];
    expect(translated('anthropic', { messages }).body.messages.at(-1).content).toEqual([
      { type: 'tool_result', tool_use_id: 'call_1', content: '' },
    ]);
  });
});

describe('C6: a conversation of system messages alone', () => {
  const messages = [{ role: 'system', content: 'Say hello.' }];
  it('becomes a user’s turn', () => {
    expect(translated('anthropic', { messages }).body).toMatchObject({
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Say hello.' }] }],
    });
    expect(translated('anthropic', { messages }).body).not.toHaveProperty('system');
    expect(translated('google', { messages }).body.contents).toEqual([
      { role: 'user', parts: [{ text: 'Say hello.' }] },
    ]);
    expect(translated('mistral', { messages }).body.messages).toEqual([
      { role: 'user', content: 'Say hello.' },
    ]);
  });
  it('that an assistant opens or ends is given a valid beginning and end', () => {
    const said = { role: 'assistant', content: 'Well, ' };
    expect(translated('anthropic', { messages: [said] }).body.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: expect.stringMatching(/\S/) }] },
      { role: 'assistant', content: [{ type: 'text', text: 'Well,' }] },
    ]);
    expect(translated('mistral', { messages: [hello, said] }).body.messages.at(-1)).toMatchObject({
      prefix: true,
    });
  });
});

describe('C7: ids of calls', () => {
  it('fit Mistral, alike in call and result, and are the same for the same conversation', () => {
    const messages = [
      hello,
      called('call_abcdefghijklmnopqrstuvwx', 'tooshort'),
      result('tooshort'),
      result('call_abcdefghijklmnopqrstuvwx'),
    ];
    const { body } = translated('mistral', { messages });
    const [, { tool_calls: calls }, second, first] = body.messages;
    for (const { id } of calls) expect(id).toMatch(/^[A-Za-z0-9]{9}$/);
    expect([first.tool_call_id, second.tool_call_id]).toEqual(calls.map(({ id }: { id: string }) => id));
    expect(translated('mistral', { messages }).text).toBe(translated('mistral', { messages }).text);
    expect(
      translated('mistral', { messages: [hello, called('abcDEF123'), result('abcDEF123')] }).text,
    ).toContain('abcDEF123');
  });
  it('fit Anthropic', () => {
    const messages = [hello, called('functions.f:0'), result('functions.f:0')];
    const [
      ,
      {
        content: [use],
      },
      {
        content: [back],
      },
    ] = translated('anthropic', { messages }).body.messages;
    expect(use.id).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(back.tool_use_id).toBe(use.id);
  });
});

describe('C8: calls without a thought signature', () => {
  const messages = [hello, called('call_1', 'call_2'), result('call_1'), result('call_2')];
  const signatures = (model: string, more: object[] = messages) =>
    translated('google', { model, messages: more }).body.contents[1].parts.map(
      ({ thoughtSignature }: { thoughtSignature?: string }) => thoughtSignature,
    );
  it('get Google’s documented placeholder on the first of a turn, where the model validates them', () => {
    for (const model of ['gemini-3-pro-preview', 'gemini-3.5-flash', 'gemini-4']) {
      expect(signatures(model)).toEqual(['skip_thought_signature_validator', undefined]);
    }
    expect(signatures('gemini-2.5-flash')).toEqual([undefined, undefined]);
  });
  it('keep the one they have', () => {
    const signed = { ...call('call_1'), extra_content: { google: { thought_signature: 'sig' } } };
    const given = [hello, { role: 'assistant', tool_calls: [signed, call('call_2')] }, ...messages.slice(2)];
    expect(signatures('gemini-3.5-flash', given)).toEqual(['sig', undefined]);
  });
});

describe('C9: the same id in two turns', () => {
  const messages = [
    hello,
    called('call_0_f'),
    result('call_0_f', 'one'),
    called('call_0_f'),
    result('call_0_f', 'two'),
  ];
  it('is two ids, each result with its own call', () => {
    const anthropic = translated('anthropic', { messages }).body.messages;
    const uses = [anthropic[1].content[0].id, anthropic[3].content[0].id];
    expect(new Set(uses).size).toBe(2);
    expect([anthropic[2].content[0], anthropic[4].content[0]]).toMatchObject([
      { tool_use_id: uses[0], content: 'one' },
      { tool_use_id: uses[1], content: 'two' },
    ]);
    const mistral = translated('mistral', { messages }).body.messages;
    expect(mistral[1].tool_calls[0].id).not.toBe(mistral[3].tool_calls[0].id);
    expect(mistral[4].tool_call_id).toBe(mistral[3].tool_calls[0].id);
  });
});

describe('C10: thoughts in the history', () => {
  const messages = [hello, { ...called('call_1'), reasoning_content: 'hm' }, result('call_1')];
  it('go back to a compatible server, which may reject the turn without them', () => {
    expect(translated('compatible', { messages }).body.messages[1]).toMatchObject({
      reasoning_content: 'hm',
    });
  });
  it('are a part of the message for Mistral, and dropped by name elsewhere', () => {
    expect(translated('mistral', { messages }).body.messages[1].content).toEqual([
      { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
    ]);
    for (const id of ['openai', 'anthropic', 'google'] as const) {
      expect([id, translated(id, { messages }).dropped]).toEqual([id, ['messages.reasoning_content']]);
    }
  });
  it('of Claude go back to it unchanged, before the calls that followed them', () => {
    const thinking_blocks = [
      { type: 'thinking', thinking: 'hm', signature: 'sig' },
      { type: 'redacted_thinking', data: 'x' },
    ];
    const own = [hello, { ...messages[1], thinking_blocks }, result('call_1')];
    const { body, dropped } = translated('anthropic', { messages: own });
    expect(dropped).toEqual([]);
    expect(body.messages[1].content).toEqual([
      ...thinking_blocks,
      { type: 'tool_use', id: 'call_1', name: 'f', input: {} },
    ]);
  });
});

describe('C11: no limit of the answer', () => {
  it.each([
    ['claude-haiku-4-5', 64_000],
    ['claude-opus-4-1-20250805', 32_000],
    ['claude-sonnet-5-5', 128_000],
    ['claude-3-5-haiku-20241022', 8192],
    ['claude-3-haiku-20240307', 4096],
    ['claude-of-tomorrow', 64_000],
  ])('is the limit of %s itself, and is what the call is reserved for', (model, limit) => {
    const { body, maxOutputTokens } = translated('anthropic', { model });
    expect([body.max_tokens, maxOutputTokens]).toEqual([limit, limit]);
  });
  it('is left to the others', () => {
    for (const id of ['openai', 'google', 'mistral', 'compatible'] as const) {
      expect(translated(id, {}).maxOutputTokens).toBeUndefined();
    }
  });
  it.each(PROVIDERS)('may be given under either name, and counts for every answer of %s', (id) => {
    for (const name of ['max_tokens', 'max_completion_tokens']) {
      expect(translated(id, { [name]: 7 })).toMatchObject({
        maxOutputTokens: 7,
        text: expect.stringContaining(':7'),
      });
    }
    const takesMany = id !== 'anthropic' && id !== 'google';
    const { maxOutputTokens, dropped } = translated(id, { max_tokens: 7, n: 3 });
    expect([maxOutputTokens, dropped]).toEqual(takesMany ? [21, []] : [7, ['n']]);
  });
});

describe('C13, C14: a long conversation and odd names', () => {
  it.each(PROVIDERS)('pass for %s', (id) => {
    const tools = Array.from({ length: 128 }, (_, at) => ({
      type: 'function',
      function: {
        name: `f${at}`,
        parameters: { type: 'object', properties: { constructor: { type: 'string' } } },
      },
    }));
    const turns = Array.from({ length: 400 }, (_, at) => [called(`call_${at}`), result(`call_${at}`)]).flat();
    const { text, dropped } = translated(id, { messages: [hello, ...turns], tools });
    expect(dropped).toEqual([]);
    expect(text.match(/"constructor":\{"type":"string"\}/g)).toHaveLength(128);
  });
});

describe('C15: images', () => {
  it('of image/jpg are image/jpeg', () => {
    const messages = [{ role: 'user', content: [image('data:image/jpg;base64,AAAA')] }];
    for (const id of PROVIDERS) expect(sentText(id, { messages })).toMatch(/image\/jpeg/);
    expect(translated('anthropic', { messages }).body.messages[0].content[0].source.media_type).toBe(
      'image/jpeg',
    );
  });
  it('may be a plain string, as some clients write them', () => {
    const messages = [{ role: 'user', content: [{ type: 'image_url', image_url: PNG }] }];
    for (const id of PROVIDERS) expect(sentText(id, { messages })).toContain('AAAA');
  });
});

describe('C17: the schema of a tool', () => {
  it.each([
    [undefined],
    [{}],
    [{ properties: { a: {} } }],
    [{ $schema: 'https://json-schema.org/draft/2020-12/schema' }],
  ])('has a type for Anthropic: %o', (parameters) => {
    expect(schemaOf(parameters)).toEqual({ ...parameters, type: 'object' });
  });
  it('has no union at its top', () => {
    for (const keyword of ['anyOf', 'oneOf']) {
      expect(schemaOf({ [keyword]: [branch('a'), branch('b')], description: 'either' })).toEqual({
        type: 'object',
        description: 'either',
        properties: { kind: {}, a: { type: 'string' }, b: { type: 'string' } },
        required: ['kind'],
      });
    }
    expect(schemaOf({ allOf: [branch('a'), branch('b')] }).required).toEqual(['kind', 'a', 'b']);
    const $defs = { Args: branch('a') };
    expect(schemaOf({ $ref: '#/$defs/Args', $defs })).toMatchObject({
      type: 'object',
      required: ['kind', 'a'],
      $defs,
    });
  });
  it('is left out for Gemini and Mistral where it says nothing', () => {
    expect(translated('google', { tools: [tool({})] }).body.tools[0].functionDeclarations[0]).toEqual({
      name: 'f',
      description: '',
    });
    expect(translated('mistral', { tools: [tool()] }).body.tools[0].function.parameters).toEqual({
      type: 'object',
      properties: {},
    });
  });
});

describe('C18: an image in a tool’s result', () => {
  const messages = [
    hello,
    called('call_1', 'call_2'),
    result('call_1', [{ type: 'text', text: 'see' }, image()]),
    result('call_2'),
    hello,
  ];
  it('is a part of the result for Anthropic and Mistral', () => {
    expect(translated('anthropic', { messages }).body.messages[2].content[0]).toEqual({
      type: 'tool_result',
      tool_use_id: 'call_1',
      content: [
        { type: 'text', text: 'see' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
      ],
    });
    expect(translated('mistral', { messages }).body.messages[2].content[1]).toMatchObject({
      type: 'image_url',
    });
  });
  it('stands beside the result for Gemini', () => {
    expect(
      translated('google', { messages }).body.contents[2].parts.map((part: object) => Object.keys(part)[0]),
    ).toEqual(['functionResponse', 'functionResponse', 'inlineData', 'text']);
  });
  it.each(['openai', 'compatible'] as const)('follows the last result in a user’s message for %s', (id) => {
    const roles = translated(id, { messages }).body.messages.map(({ role }: { role: string }) => role);
    expect(roles).toEqual(['user', 'assistant', 'tool', 'tool', 'user', 'user']);
    expect(translated(id, { messages }).body.messages[4].content).toEqual([
      { type: 'text', text: expect.stringContaining('call_1') },
      image(),
    ]);
    expect(translated(id, { messages }).body.messages[2].content).toBe('see');
  });
});

describe('structured outputs, reasoning, parallel tools and files', () => {
  const schema = {
    type: 'object',
    properties: {
      age: { type: 'integer', minimum: 0 },
      tag: { oneOf: [{ type: 'string' }, { type: 'null' }] },
    },
    required: ['age'],
  };
  const response_format = { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } };

  it('send a schema for the answer to every provider that has one', () => {
    expect(translated('anthropic', { response_format }).body.output_config.format).toEqual({
      type: 'json_schema',
      schema: {
        type: 'object',
        additionalProperties: false,
        required: ['age'],
        properties: {
          age: { type: 'integer', description: '(minimum: 0)' },
          tag: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        },
      },
    });
    expect(translated('google', { response_format }).body.generationConfig).toMatchObject({
      responseMimeType: 'application/json',
      responseJsonSchema: schema,
    });
    expect(translated('mistral', { response_format }).body.response_format).toEqual(response_format);
    expect(translated('openai', { response_format }).body.response_format).toEqual(response_format);
  });

  it('name it as dropped where a model has none', () => {
    expect(translated('anthropic', { model: 'claude-3-5-haiku-20241022', response_format }).dropped).toEqual([
      'response_format',
    ]);
    expect(translated('anthropic', { response_format: { type: 'json_object' } }).dropped).toEqual([
      'response_format',
    ]);
  });

  it.each([
    [
      'anthropic',
      'claude-sonnet-4-6',
      'high',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
    ],
    ['anthropic', 'claude-haiku-4-5', 'low', { thinking: { type: 'enabled', budget_tokens: 2000 } }],
    ['google', 'gemini-3.5-flash', 'low', { generationConfig: { thinkingConfig: { thinkingLevel: 'LOW' } } }],
    ['google', 'gemini-2.5-flash', 'none', { generationConfig: { thinkingConfig: { thinkingBudget: 0 } } }],
    ['google', 'gemini-2.5-pro', 'none', { generationConfig: { thinkingConfig: { thinkingBudget: 128 } } }],
    ['mistral', 'mistral-small-2603', 'medium', { reasoning_effort: 'high' }],
    ['openai', 'gpt-5.2', 'minimal', { reasoning_effort: 'minimal' }],
  ] as const)('send a reasoning effort to %s %s as its own', (id, model, reasoning_effort, body) => {
    expect(translated(id, { model, reasoning_effort, max_tokens: 10_000 })).toMatchObject({
      body,
      dropped: [],
    });
  });

  it.each([
    [
      'a model without thoughts',
      'claude-3-5-haiku-20241022',
      { reasoning_effort: 'high' },
      'reasoning_effort',
    ],
    [
      'no room for a budget',
      'claude-haiku-4-5',
      { reasoning_effort: 'high', max_tokens: 900 },
      'reasoning_effort',
    ],
    ['a model that cannot stop', 'claude-opus-5-5', { reasoning_effort: 'none' }, 'reasoning_effort'],
    [
      'a forced tool',
      'claude-haiku-4-5',
      { reasoning_effort: 'high', tools: [tool()], tool_choice: 'required' },
      'reasoning_effort',
    ],
    [
      'a call of another provider in the loop',
      'claude-haiku-4-5',
      {
        thinking: { type: 'enabled', budget_tokens: 2048 },
        messages: [hello, called('call_1'), result('call_1')],
      },
      'thinking',
    ],
    [
      'a model that is not to be forced',
      'claude-opus-5-5',
      { tools: [tool()], tool_choice: 'required' },
      'tool_choice',
    ],
    ['a model without sampling', 'claude-opus-5', { temperature: 0.5 }, 'temperature'],
    ['a thinking model', 'claude-haiku-4-5', { temperature: 0.5, reasoning_effort: 'low' }, 'temperature'],
  ])('send Anthropic nothing that it would reject: %s', (_why, model, body, path) => {
    const { dropped, body: sent } = translated('anthropic', { model, ...body });
    expect(dropped).toEqual([path]);
    expect(sent[path]).toEqual(path === 'tool_choice' ? { type: 'auto' } : undefined);
  });

  it('reduce a temperature above the provider’s range, and say so', () => {
    expect(translated('anthropic', { temperature: 1.5 })).toMatchObject({
      body: { temperature: 1 },
      dropped: ['temperature'],
    });
    expect(translated('mistral', { temperature: 1.9 })).toMatchObject({
      body: { temperature: 1.5 },
      dropped: ['temperature'],
    });
    expect(translated('google', { temperature: 1.9 })).toMatchObject({
      body: { generationConfig: { temperature: 1.9 } },
      dropped: [],
    });
  });

  it('send a document where the provider takes one', () => {
    const pdf = 'data:application/pdf;base64,JVBERi0=';
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'read' },
          { type: 'file', file: { filename: 'a.pdf', file_data: pdf } },
        ],
      },
    ];
    expect(translated('anthropic', { messages }).body.messages[0].content[1]).toEqual({
      type: 'document',
      title: 'a.pdf',
      source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
    });
    expect(translated('google', { messages }).body.contents[0].parts[1]).toEqual({
      inlineData: { mimeType: 'application/pdf', data: 'JVBERi0=' },
    });
    expect(translated('mistral', { messages }).body.messages[0].content[1]).toEqual({
      type: 'document_url',
      document_url: pdf,
      document_name: 'a.pdf',
    });
    for (const id of ['openai', 'compatible'] as const)
      expect(translated(id, { messages }).body.messages).toEqual(messages);
  });

  it('name a part of a type that is not known', () => {
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'hi' },
          { type: 'video_url', video_url: { url: 'https://x.org/v.mp4' } },
        ],
      },
    ];
    for (const id of TRANSLATED)
      expect([id, translated(id, { messages }).dropped]).toEqual([id, ['messages.content.video_url']]);
    expect(translated('compatible', { messages }).body.messages).toEqual(messages);
  });
});

describe('what is rejected on principle', () => {
  it.each<[string, ProviderName, Record<string, unknown>, string]>([
    ['a tier of unknown price', 'openai', { service_tier: 'priority' }, 'service_tier'],
    ['searches of unknown price', 'openai', { web_search_options: {} }, 'web_search_options'],
    [
      'audio of unknown price',
      'google',
      {
        messages: [
          { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }] },
        ],
      },
      'messages.content.input_audio',
    ],
    ['a result without its call', 'google', { messages: [hello, result('call_9')] }, 'messages.tool_call_id'],
  ])('is %s', (_what, id, body, path) => {
    const error = ((): unknown => {
      try {
        return translated(id, body);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'invalid_input', details: { issues: [{ path }] } });
  });

  it.each([
    [{ n: 17 }, 'n'],
    [
      { messages: [{ role: 'user', content: [image('http://169.254.169.254/')] }] },
      'messages.0.content.0.image_url.url',
    ],
    [{ messages: [{ role: 'nobody', content: 'x' }] }, 'messages.0.role'],
    [{ temperature: 'warm' }, 'temperature'],
  ])('is named by its path: %o', (body, path) => {
    const { error } = ChatBody.safeParse({ model: 'm', messages: [hello], ...body });
    expect(error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
  });
});

describe('a key in the wrong place', () => {
  const KEY = 'sk-proj-abcdefghijklmnopqrstuvwxyz';
  it('is never named in a header, nor is anything that could break one', () => {
    const names = [
      'seed',
      KEY,
      KEY.replaceAll('-', ''),
      'a\r\nb',
      'ü',
      '',
      'messages.tool_calls.function.x',
      `messages.${KEY}`,
    ];
    expect(headerNames(names)).toEqual([
      'a field without a plain name',
      'messages.tool_calls.function.x',
      'seed',
    ]);
    expect(headerNames(Array.from({ length: 500 }, (_, at) => `f${at}`))).toHaveLength(30);
  });
  it.each([KEY, `openai/${KEY}`, 'AIzaSyA-0123456789', 'AQ.Ab8RN6abc', 'sk-ant-api03-x', 'sk-admin-x'])(
    'instead of a model reaches nobody: %s',
    (model) => {
      expect(() => withKnownPrefix({ model })).toThrow(expect.objectContaining({ code: 'invalid_input' }));
    },
  );
});
