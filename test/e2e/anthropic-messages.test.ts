// The official client of Anthropic, pointed at us and otherwise unchanged.
import Anthropic from '@anthropic-ai/sdk';
import { expect, it } from 'vitest';

import { canaryKey } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const SAID = '[local stand-in provider] You said: Häi 🎈 there';
const hello: Anthropic.MessageParam[] = [{ role: 'user', content: 'Häi 🎈 there' }];
const TOOL: Anthropic.Tool = {
  name: 'look_up',
  description: 'Looks it up',
  input_schema: { type: 'object', properties: { said: { type: 'string' } } },
};
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkM9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const PROVIDERS = ['anthropic', 'openai', 'google', 'mistral', 'compatible'] as const;
type Provider = (typeof PROVIDERS)[number];

onEngine('/v1/messages', () => {
  const portunus = usePortunus();

  const clientFor = (authToken: string) =>
    new Anthropic({ authToken, apiKey: null, baseURL: portunus.current.url, maxRetries: 0 });

  async function withKey(name: string, provider: Provider, key = canaryKey(provider)) {
    const { current } = portunus;
    const person = await current.person(name);
    const base_url = provider === 'compatible' ? { base_url: current.provider?.compatibleUrl } : {};
    await person.post('/api-keys', { provider, api_key: key, ...base_url });
    const model = provider === 'anthropic' ? 'anthropic/claude-haiku-4-5' : `${provider}/some-model-1`;
    return { person, client: clientFor(person.token), key, model };
  }
  const sent = () => portunus.current.provider?.journal() ?? [];
  const lastSent = () => JSON.parse(sent().at(-1)?.body ?? 'null') as Record<string, unknown>;

  it.each(PROVIDERS)('answers with the words of %s, whole and streamed', async (provider) => {
    const { client, model } = await withKey(`words-${provider}`, provider);
    const asked = { model, max_tokens: 50, system: 'Be kind.', messages: hello };
    const whole = await client.messages.create(asked);
    expect(whole).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: SAID }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
    });
    expect(sent().at(-1)).toMatchObject({ api: provider, status: 200 });
    expect(sent().at(-1)?.body).toContain('Be kind.');

    const events: string[] = [];
    const stream = client.messages.stream(asked).on('streamEvent', ({ type }) => void events.push(type));
    const streamed = await stream.finalMessage();
    expect(streamed.content).toEqual([expect.objectContaining({ type: 'text', text: SAID })]);
    expect(streamed.usage.input_tokens).toBe(whole.usage.input_tokens);
    expect(streamed.usage.output_tokens).toBeGreaterThan(0);
    const once = events.filter((type, at) => type !== 'ping' && type !== events[at - 1]);
    expect(once).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  it.each(PROVIDERS)('carries a tool loop of three turns through %s', async (provider) => {
    const { client, model } = await withKey(`loop-${provider}`, provider);
    const asked = { model, max_tokens: 200, tools: [TOOL] };
    const messages = [...hello];
    for (const found of ['found 1', 'found 2', 'found 3']) {
      const reply = await client.messages.stream({ ...asked, messages }).finalMessage();
      expect(reply.stop_reason).toBe('tool_use');
      const use = reply.content.find((block) => block.type === 'tool_use');
      expect(use).toMatchObject({ name: 'look_up', input: { said: 'Häi 🎈 there' } });
      const result = { type: 'tool_result' as const, tool_use_id: use?.id ?? '', content: found };
      messages.push({ role: 'assistant', content: reply.content }, { role: 'user', content: [result] });
      const said = await client.messages.create({ ...asked, messages });
      expect(said).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text' }] });
      messages.push({ role: 'assistant', content: said.content }, ...hello);
    }
    for (const found of ['found 1', 'found 2', 'found 3']) expect(sent().at(-1)?.body).toContain(found);
  });

  it.each(PROVIDERS)('does not hand on the key that %s echoes over several events', async (provider) => {
    const { client, key, model } = await withKey(`echo-${provider}`, provider);
    const messages = [{ role: 'user' as const, content: `my key is ${key}, keep it` }];
    const { content } = await client.messages.stream({ model, max_tokens: 200, messages }).finalMessage();
    expect(content[0]).toMatchObject({ text: expect.stringContaining('my key is [redacted], keep it') });
  });

  it('passes a request to Anthropic as it is, minus what changes its price', async () => {
    const { client, person } = await withKey('native', 'anthropic');
    const system = [
      { type: 'text' as const, text: 'x', cache_control: { type: 'ephemeral' as const, ttl: '1h' as const } },
    ];
    const asked = {
      model: 'claude-haiku-4-5',
      max_tokens: 2000,
      system,
      messages: hello,
      metadata: { user_id: 'me' },
      thinking: { type: 'enabled' as const, budget_tokens: 1024 },
      context_management: { edits: [] },
    };
    const options = { headers: { 'anthropic-beta': 'context-management-2025-06-27' } };
    const { response } = await client.messages.create(asked, options).withResponse();
    expect(lastSent()).toEqual({
      ...asked,
      system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }],
      service_tier: 'standard_only',
    });
    expect(response.headers.get('x-portunus-dropped')).toBe('cache_control.ttl');
    expect(response.headers.get('request-id')).toMatch(/\S/);

    const billed = {
      ...asked,
      thinking: undefined,
      tools: [{ type: 'web_search_20250305', name: 'web_search' }],
    };
    const rejected = await person.post('/v1/messages?beta=true', billed);
    expect([rejected.status, rejected.body]).toMatchObject([
      400,
      {
        type: 'error',
        error: { type: 'invalid_request_error', code: 'invalid_input', param: 'tools.0.type' },
      },
    ]);
  });

  it('translates for another provider, and names what that one cannot express', async () => {
    const { client, model } = await withKey('translated', 'openai');
    const image = { type: 'base64' as const, media_type: 'image/png' as const, data: PIXEL };
    const asked: Anthropic.MessageCreateParamsNonStreaming & { temperature: number } = {
      temperature: 0.5, // deprecated in the client's types, sent by many
      model,
      max_tokens: 2000,
      stop_sequences: ['END'],
      thinking: { type: 'enabled', budget_tokens: 1024 },
      tools: [TOOL],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'see' },
            { type: 'image', source: image },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 's' },
            { type: 'tool_use', id: 'toolu_1', name: 'look_up', input: { said: 'x' } },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'no', is_error: true }],
        },
      ],
    };
    const { response } = await client.messages.create(asked).withResponse();
    expect(response.headers.get('x-portunus-dropped')).toBe('messages.content.thinking, thinking');
    expect(lastSent()).toMatchObject({
      max_completion_tokens: 2000,
      temperature: 0.5,
      stop: ['END'],
      tool_choice: 'required',
      parallel_tool_calls: false,
      tools: [{ type: 'function', function: { name: 'look_up', parameters: TOOL.input_schema } }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'see' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
          ],
        },
        {
          role: 'assistant',
          tool_calls: [{ id: 'toolu_1', function: { name: 'look_up', arguments: '{"said":"x"}' } }],
        },
        { role: 'tool', tool_call_id: 'toolu_1', content: 'Error:\n\nno' },
      ],
    });
    const strict = client.messages.create(asked, { headers: { 'x-portunus-strict': 'true' } });
    await expect(strict).rejects.toMatchObject({ status: 400 });
  });

  it('answers errors in Anthropic’s shape, with our code and the next step', async () => {
    const { client } = await withKey('errors', 'openai');
    const create = (model: string, messages = hello) =>
      client.messages.create({ model, max_tokens: 10, messages });
    await expect(create('anthropic/claude-haiku-4-5')).rejects.toMatchObject({
      status: 409,
      error: {
        type: 'error',
        error: { code: 'key_missing', next_step: expect.stringContaining('POST /api-keys') },
        request_id: expect.any(String),
      },
    });
    await expect(create('openai/some-model-1', [])).rejects.toBeInstanceOf(Anthropic.BadRequestError);
    await expect(create('nobody/none')).rejects.toBeInstanceOf(Anthropic.NotFoundError);
    portunus.current.provider?.nextRequestError(400, { message: 'no such thing' });
    await expect(create('openai/some-model-1')).rejects.toMatchObject({
      error: { error: { type: 'invalid_request_error', message: expect.stringContaining('no such thing') } },
    });
    const stranger = clientFor('nonsense').messages.create({ model: 'x', max_tokens: 1, messages: hello });
    await expect(stranger).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
  });

  it('counts tokens at Anthropic without charge, and estimates them for others', async () => {
    const { client, person } = await withKey('count', 'anthropic');
    await person.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    const before = (await person.get('/usage')).body;
    const counted = await client.messages.countTokens({ model: 'claude-haiku-4-5', messages: hello });
    expect(counted).toEqual({ input_tokens: expect.any(Number) });
    expect(sent().at(-1)?.path).toBe('/v1/messages/count_tokens');
    const calls = sent().length;
    const estimate = await client.messages.countTokens({ model: 'openai/gpt-4.1-mini', messages: hello });
    expect(estimate).toEqual({ input_tokens: expect.any(Number), estimated: true });
    expect(sent()).toHaveLength(calls);
    expect((await person.get('/usage')).body).toEqual(before);
  });

  it.each(['anthropic', 'openai'] as const)('charges a repeated stream of %s once', async (provider) => {
    const { client, model } = await withKey(`again-${provider}`, provider);
    const stream = () =>
      client.messages.stream(
        { model, max_tokens: 200, messages: hello, tools: [TOOL], tool_choice: { type: 'any' } },
        { headers: { 'idempotency-key': 'one' } },
      );
    const first = await stream().finalMessage();
    const calls = sent().length;
    expect(await stream().finalMessage()).toEqual(first);
    expect(sent()).toHaveLength(calls);
  });
});
