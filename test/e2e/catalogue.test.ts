// P10: the providers whose key is a bearer token, each with its own origin, headers and rejections.
import OpenAI from 'openai';
import { expect, it } from 'vitest';

import { onEngine, usePortunus } from '#test/support/suite.ts';

const hex = (length: number) =>
  Array.from({ length }, () => Math.floor(Math.random() * 16).toString(16)).join('');

const PROVIDERS = [
  { provider: 'groq', key: () => `gsk_${hex(52)}`, model: 'openai/gpt-oss-20b', path: '/groq/openai/v1' },
  { provider: 'xai', key: () => `xai-${hex(80)}`, model: 'grok-4', path: '/xai/v1' },
  { provider: 'deepseek', key: () => `sk-${hex(32)}`, model: 'deepseek-chat', path: '/deepseek/v1' },
  {
    provider: 'openrouter',
    key: () => `sk-or-v1-${hex(64)}`,
    model: 'deepseek/deepseek-chat',
    path: '/openrouter/api/v1',
  },
  { provider: 'together', key: () => `tgp_v1_${hex(43)}`, model: 'meta-llama/Llama-3', path: '/together/v1' },
  { provider: 'azure', key: () => hex(32), model: 'my-deployment', path: '/azure/openai/v1' },
  {
    provider: 'bedrock',
    key: () => `ABSK${hex(100)}`,
    model: 'openai.gpt-oss-20b-1:0',
    path: '/bedrock/openai/v1',
  },
] as const;
type Row = (typeof PROVIDERS)[number];

const TOOL = {
  type: 'function' as const,
  function: { name: 'look_up', parameters: { type: 'object', properties: { said: { type: 'string' } } } },
};

onEngine('the catalogue', () => {
  const portunus = usePortunus();
  const calls = () => portunus.current.provider?.journal() ?? [];
  const clientFor = (apiKey: string) =>
    new OpenAI({ apiKey, baseURL: `${portunus.current.url}/v1`, maxRetries: 0 });

  async function withKey(name: string, { provider, key }: Pick<Row, 'provider' | 'key'>) {
    const person = await portunus.current.person(name);
    const base_url = `${portunus.current.provider?.azureUrl}/openai/deployments/x`;
    const address: Record<string, object> = { azure: { base_url }, bedrock: { region: 'eu-central-1' } };
    const api_key = key();
    const stored = await person.post('/api-keys', { provider, api_key, ...address[provider] });
    expect([stored.status, stored.body]).toMatchObject([201, { success: true }]);
    return { person, client: clientFor(person.token), stored: stored.body, api_key };
  }

  it.each(PROVIDERS)('calls $provider with its own key at its own address', async (row) => {
    const { client, stored, api_key } = await withKey(`call-${row.provider}`, row);
    expect(stored.validation.outcome).toBe(row.provider === 'bedrock' ? 'unreachable' : 'valid');
    const asked = {
      model: `${row.provider}/${row.model}`,
      max_tokens: 50,
      messages: [
        { role: 'developer' as const, content: 'Be kind.' },
        { role: 'user' as const, name: 'ann', content: 'hello' },
      ],
    };
    const whole = await client.chat.completions.create(asked);
    expect(whole.choices[0]?.message.content).toContain('You said: hello');
    expect(whole.usage?.prompt_tokens).toBeGreaterThan(0);
    expect(calls().at(-1)).toMatchObject({
      api: row.provider,
      path: `${row.path}/chat/completions`,
      credential: api_key,
      status: 200,
    });
    const stream = await client.chat.completions.create({ ...asked, stream: true });
    const pieces = await Array.fromAsync(stream);
    expect(pieces.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toContain('hello');
  });

  it.each(PROVIDERS)('carries a tool call and its result through $provider', async (row) => {
    const { client } = await withKey(`tools-${row.provider}`, row);
    const model = `${row.provider}/${row.model}`;
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'use look_up' }];
    const first = await client.chat.completions.create({ model, messages, tools: [TOOL] });
    const reply = first.choices[0]?.message;
    expect(reply?.tool_calls).toHaveLength(1);
    if (reply) messages.push(reply);
    messages.push({ role: 'tool', tool_call_id: reply?.tool_calls?.[0]?.id ?? '', content: 'found' });
    const second = await client.chat.completions.create({ model, messages, tools: [TOOL] });
    expect(second.choices[0]?.finish_reason).toBe('stop');
    expect(calls().at(-1)?.body).toContain('found');
  });

  it.each([
    ['anthropic.claude-sonnet-4-5-20250929-v1:0', '/bedrock/anthropic/v1/messages'],
    ['us.anthropic.claude-haiku-4-5-20251001-v1:0', '/bedrock/anthropic/v1/messages'],
    ['amazon.nova-lite-v1:0', '/bedrock/model/amazon.nova-lite-v1%3A0/converse'],
  ])('speaks the API of the model at Bedrock: %s', async (name, path) => {
    const { client } = await withKey(`bedrock-${name}`, {
      provider: 'bedrock',
      key: () => `ABSK${hex(100)}`,
    });
    const model = `bedrock/${name}`;
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'use look_up' },
    ];
    const asked = { model, messages, tools: [TOOL], max_tokens: 100 };
    const first = await client.chat.completions.create(asked);
    expect(calls().at(-1)).toMatchObject({ api: 'bedrock', path, status: 200 });
    const reply = first.choices[0]?.message;
    expect(reply?.tool_calls).toMatchObject([{ function: { name: 'look_up' } }]);
    if (reply) messages.push(reply);
    messages.push({ role: 'tool', tool_call_id: reply?.tool_calls?.[0]?.id ?? '', content: 'found' });
    const pieces = await Array.fromAsync(await client.chat.completions.create({ ...asked, stream: true }));
    expect(pieces.at(-1)?.choices[0]?.finish_reason).toBe('stop');
  });

  it('names the provider of a key that is stored under another one', async () => {
    const person = await portunus.current.person('wrong');
    const stored = await person.post('/api-keys', { provider: 'openai', api_key: `sk-or-v1-${hex(64)}` });
    expect(stored.body).toMatchObject({
      code: 'wrong_provider',
      detail: expect.stringContaining('OpenRouter'),
    });
  });

  it('reports what each provider accepts as a key, and where keys are made', async () => {
    const person = await portunus.current.person('reader');
    const { body } = await person.get('/api-keys/providers');
    const listed = body.providers as readonly { name: string; key_page: string; key_format: string }[];
    for (const { provider } of PROVIDERS) {
      expect(listed.find(({ name }) => name === provider)).toMatchObject({
        key_page: expect.stringMatching(/^https:/),
        key_format: expect.stringMatching(/\S/),
      });
    }
  });
});
