// The local providers reject what the real ones reject. Each rule has a valid neighbour in the first test of its block.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Providers, startProviders } from '#local/providers/providers.ts';

let providers: Providers;
beforeAll(async () => {
  providers = await startProviders({ port: 0 });
});
afterAll(() => providers.stop());

const user = { role: 'user', content: 'hello' };
const KEYS = {
  openai: { authorization: 'Bearer sk' },
  anthropic: { 'x-api-key': 'sk-ant', 'anthropic-version': '2023-06-01' },
  google: { 'x-goog-api-key': 'AQ.x' },
  mistral: { authorization: 'Bearer m' },
} as const;

async function post(api: keyof typeof KEYS, path: string, body: object, headers: object = {}) {
  const response = await fetch(providers.origins[api] + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...KEYS[api], ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}
type Case = readonly [what: string, change: object, text: string];

const openAiTool = (parameters: object = { type: 'object' }, name = 'f') => ({
  type: 'function',
  function: { name, parameters },
});
const openAiCall = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
const strictFormat = (schema: object) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'n', strict: true, schema } },
});

const tool = (input_schema: object = { type: 'object' }, name = 'f') => ({ name, input_schema });
const say = (...parts: object[]) => ({ role: 'user', parts });
const model = (...parts: object[]) => ({ role: 'model', parts });
const called = (id: string) => ({ role: 'assistant', content: '', tool_calls: [openAiCall(id)] });
const mistralResult = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'x' });

const declared = (parameters: object) => ({
  tools: [{ functionDeclarations: [{ name: 'f', parameters }] }],
});
const call = { functionCall: { name: 'f', args: {} } };
const response = { functionResponse: { name: 'f', response: {} } };
const geminiLoop = (part: object) => ({
  contents: [say({ text: 'x' }), model(part), say(response)],
});

describe('the local OpenAI', () => {
  const chat = (change: object) =>
    post('openai', '/v1/chat/completions', { model: 'gpt-4.1', messages: [user], ...change });

  it('accepts nulls, an empty assistant text, tools, and a complete tool loop', async () => {
    const messages = [
      user,
      { role: 'assistant', content: null, tool_calls: [openAiCall('call_a'), openAiCall('call_b')] },
      { role: 'tool', tool_call_id: 'call_b', content: '' },
      { role: 'tool', tool_call_id: 'call_a', content: 'x' },
    ];
    const options = { temperature: null, stop: null, stream_options: null, tools: [openAiTool()] };
    expect(await chat({ messages, ...options })).toMatchObject({ status: 200 });
  });

  it.each<Case>([
    ['an unknown field', { foo: 1 }, 'Unrecognized request argument supplied: foo'],
    ['no messages', { messages: [] }, 'empty array'],
    ['a temperature of 3', { temperature: 3 }, 'temperature'],
    ['a temperature as text', { temperature: '1' }, 'temperature'],
    ['five stop sequences', { stop: ['a', 'b', 'c', 'd', 'e'] }, 'array too long'],
    ['stream_options without stream', { stream_options: { include_usage: true } }, 'stream_options'],
    ['tool_choice without tools', { tool_choice: 'auto' }, 'only allowed when'],
    ['an empty tool list', { tools: [] }, 'too short'],
    ['a tool name with a dot', { tools: [openAiTool({ type: 'object' }, 'a.b')] }, 'does not match pattern'],
    [
      'a tool schema without type',
      { tools: [openAiTool({ properties: {} })] },
      'Invalid schema for function',
    ],
    ['a user message without content', { messages: [{ role: 'user' }] }, 'expected a string'],
    [
      'a tool message without its call',
      { messages: [user, { role: 'tool', tool_call_id: 'x', content: 'y' }] },
      'must be a response to a preceeding message',
    ],
    [
      'a tool call without its result',
      { messages: [user, { role: 'assistant', tool_calls: [openAiCall('call_a')] }, user] },
      'did not have response messages: call_a',
    ],
    ['both token limits', { max_tokens: 1, max_completion_tokens: 1 }, 'at the same time'],
    [
      'a strict schema with an optional field',
      strictFormat({ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false }),
      "Missing 'a'",
    ],
    ['a strict schema that is open', strictFormat({ type: 'object' }), 'additionalProperties'],
  ])('rejects %s', async (_what, change, text) => {
    const reply = await chat(change);
    expect([reply.status, (JSON.parse(reply.text) as { error: { message: string } }).error.message]).toEqual([
      400,
      expect.stringContaining(text),
    ]);
  });

  it.each<Case>([
    ['an unknown field', { messages: [] }, 'Unrecognized request argument supplied: messages'],
    ['no input', { input: undefined }, 'must be provided'],
    ['an unknown previous response', { previous_response_id: 'resp_1' }, 'not found'],
  ])('rejects a response request with %s', async (_what, change, text) => {
    const valid = { model: 'gpt-4.1', input: 'hello' };
    expect(await post('openai', '/v1/responses', valid)).toMatchObject({ status: 200 });
    const reply = await post('openai', '/v1/responses', { ...valid, ...change });
    expect(reply).toMatchObject({ status: 400, text: expect.stringContaining(text) });
  });

  it.each<Case>([
    ['no input', { input: [] }, 'invalid'],
    ['an empty input', { input: ['a', ''] }, 'invalid'],
    ['no model', { model: undefined }, 'model'],
  ])('rejects an embedding request with %s', async (_what, change, text) => {
    const valid = { model: 'text-embedding-3-small', input: ['a', 'b'] };
    const { status, text: body } = await post('openai', '/v1/embeddings', valid);
    expect([status, JSON.parse(body)]).toMatchObject([200, { data: [{ index: 0 }, { index: 1 }] }]);
    const reply = await post('openai', '/v1/embeddings', { ...valid, ...change });
    expect(reply).toMatchObject({ status: 400, text: expect.stringContaining(text) });
  });
});

describe('the local Anthropic', () => {
  const use = { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} };
  const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'x' };
  const valid = { model: 'claude-sonnet-4-5', max_tokens: 16, messages: [user] };
  const messages = (change: object, headers: object = {}) =>
    post('anthropic', '/v1/messages', { ...valid, ...change }, headers);

  it('accepts a complete tool loop, cache control, a prefill and a count of tokens', async () => {
    const cached = { type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } };
    const loop = [
      { role: 'user', content: [cached] },
      { role: 'assistant', content: [use] },
      { role: 'user', content: [result] },
      { role: 'assistant', content: 'So' },
    ];
    expect(await messages({ messages: loop, tools: [tool()], system: [cached] })).toMatchObject({
      status: 200,
    });
    const counted = await post('anthropic', '/v1/messages/count_tokens', { model: 'c', messages: [user] });
    expect(JSON.parse(counted.text)).toEqual({ input_tokens: 5 });
  });

  it.each<Case>([
    ['an unknown field', { foo: 1 }, 'foo: Extra inputs are not permitted'],
    ['no max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
    ['no messages', { messages: [] }, 'at least one message is required'],
    ['an assistant first', { messages: [{ role: 'assistant', content: 'x' }] }, 'first message must use'],
    ['a system role', { messages: [user, { role: 'system', content: 'x' }] }, "'user' or 'assistant'"],
    ['a name on a message', { messages: [{ ...user, name: 'x' }] }, 'messages.0.name: Extra inputs'],
    ['an empty content', { messages: [{ role: 'user', content: '' }] }, 'must have non-empty content'],
    [
      'an empty text block',
      { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] },
      'non-empty',
    ],
    [
      'an empty system block',
      { system: [{ type: 'text', text: '' }] },
      'text content blocks must be non-empty',
    ],
    [
      'an unknown field of a block',
      { system: [{ type: 'text', text: 'x', foo: 1 }] },
      'text.foo: Extra inputs',
    ],
    ['a blank end of the prefill', { messages: [user, { role: 'assistant', content: 'x ' }] }, 'whitespace'],
    ['a temperature of 1.5', { temperature: 1.5 }, 'temperature'],
    ['a blank stop sequence', { stop_sequences: ['\n'] }, 'non-whitespace'],
    ['a tool without type', { tools: [tool({})] }, 'input_schema.type'],
    ['a tool with anyOf', { tools: [tool({ type: 'object', anyOf: [] })] }, 'does not support oneOf'],
    ['two tools of one name', { tools: [tool(), tool()] }, 'must be unique'],
    [
      'a thinking budget above the limit',
      { thinking: { type: 'enabled', budget_tokens: 1024 } },
      'budget_tokens',
    ],
    [
      'a tool_use without result',
      { messages: [user, { role: 'assistant', content: [use] }, user] },
      'toolu_1',
    ],
    [
      'a result without tool_use',
      { messages: [{ role: 'user', content: [result] }] },
      'unexpected `tool_use_id`',
    ],
  ])('rejects %s', async (_what, change, text) => {
    const reply = await messages(change);
    expect([reply.status, JSON.parse(reply.text)]).toEqual([
      400,
      { type: 'error', error: { type: 'invalid_request_error', message: expect.stringContaining(text) } },
    ]);
  });

  it('rejects a request without anthropic-version', async () => {
    const bare = await fetch(`${providers.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'k', 'content-type': 'application/json' },
      body: JSON.stringify(valid),
    });
    expect([bare.status, await bare.text()]).toEqual([400, expect.stringContaining('anthropic-version')]);
  });
});

describe('the local Gemini', () => {
  const generate = (change: object, name = 'gemini-2.5-flash') =>
    post('google', `/v1beta/models/${name}:generateContent`, {
      contents: [say({ text: 'hello' })],
      ...change,
    });

  it('accepts a complete tool loop and a JSON schema where the API takes one', async () => {
    const contents = [say({ text: 'x' }), model(call), say(response)];
    const parametersJsonSchema = { type: 'object', additionalProperties: false };
    const tools = [{ functionDeclarations: [{ name: 'f', parametersJsonSchema }] }];
    expect(await generate({ contents, tools })).toMatchObject({ status: 200 });
  });

  it.each<Case>([
    ['an unknown field', { foo: 1 }, 'Unknown name \\"foo\\"'],
    ['an unknown option', { generationConfig: { max_tokens: 1 } }, "at 'generation_config'"],
    ['no contents', { contents: [] }, 'contents is not specified'],
    ['no parts', { contents: [say()] }, 'must not be empty'],
    ['an empty text', { contents: [say({ text: '' })] }, 'must have one initialized field'],
    ['an empty system instruction', { systemInstruction: { parts: [{ text: '' }] } }, 'initialized field'],
    ['an assistant role', { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }, 'user, model'],
    [
      'a call without response',
      { contents: [say({ text: 'x' }), model(call), say({ text: 'y' })] },
      'function response',
    ],
    ['a response without call', { contents: [say(response)] }, 'function response parts'],
    [
      'additionalProperties in parameters',
      declared({ type: 'OBJECT', additionalProperties: false }),
      'Unknown name',
    ],
    [
      'a list of types',
      declared({ type: 'OBJECT', properties: { a: { type: ['string', 'null'] } } }),
      'not repeating',
    ],
  ])('rejects %s', async (_what, change, text) => {
    expect(await generate(change)).toMatchObject({ status: 400, text: expect.stringContaining(text) });
  });

  it('rejects a call without signature for Gemini 3, and accepts it with one', async () => {
    expect(await generate(geminiLoop(call), 'gemini-3-pro-preview')).toMatchObject({
      status: 400,
      text: expect.stringContaining('thought_signature'),
    });
    const signed = { ...call, thoughtSignature: 'skip_thought_signature_validator' };
    expect(await generate(geminiLoop(signed), 'gemini-3-pro-preview')).toMatchObject({ status: 200 });
  });
});

describe('the local Mistral', () => {
  const chat = (change: object) =>
    post('mistral', '/v1/chat/completions', { model: 'mistral-large-latest', messages: [user], ...change });

  it('accepts a complete tool loop with ids of nine alphanumerics', async () => {
    expect(await chat({ messages: [user, called('abcDEF123'), mistralResult('abcDEF123')] })).toMatchObject({
      status: 200,
    });
  });

  it.each<readonly [string, object, number, string]>([
    ['an unknown field', { seed: 1 }, 422, 'extra_forbidden'],
    ['stream_options', { stream: true, stream_options: {} }, 422, 'stream_options'],
    ['a name on a user message', { messages: [{ ...user, name: 'x' }] }, 422, 'extra_forbidden'],
    ['a temperature of 2', { temperature: 2 }, 422, 'temperature'],
    ['no messages', { messages: [] }, 400, 'at least one message'],
    [
      'a long tool call id',
      { messages: [user, called('call_1234'), mistralResult('call_1234')] },
      400,
      'length of 9',
    ],
    [
      'an assistant last',
      { messages: [user, { role: 'assistant', content: 'x' }] },
      400,
      'Expected last role',
    ],
    [
      'an empty assistant',
      { messages: [user, { role: 'assistant', content: '' }, user] },
      400,
      'either content',
    ],
    [
      'a user after a tool',
      { messages: [user, called('abcdef123'), mistralResult('abcdef123'), user] },
      400,
      'after role',
    ],
    [
      'a call without result',
      { messages: [user, called('abcdef123'), user] },
      400,
      'function calls and responses',
    ],
    [
      'a tool without parameters',
      { tools: [{ type: 'function', function: { name: 'f' } }] },
      422,
      'parameters',
    ],
  ])('rejects %s', async (_what, change, status, text) => {
    expect(await chat(change)).toMatchObject({ status, text: expect.stringContaining(text) });
  });
});
