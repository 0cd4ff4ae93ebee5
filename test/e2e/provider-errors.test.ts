// The provider's own reasons and the names of models, as the official client of OpenAI meets them.
import OpenAI from 'openai';
import { expect, it } from 'vitest';

import { canaryKey, type Person } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const messages = [{ role: 'user' as const, content: 'hi' }];
type Provider = 'openai' | 'anthropic' | 'compatible';

onEngine('/v1/chat/completions tells its caller', () => {
  const portunus = usePortunus();

  async function withKeys(name: string, ...providers: Provider[]) {
    const { current } = portunus;
    const person: Person = await current.person(name);
    const keys: string[] = [];
    for (const provider of providers) {
      const api_key = canaryKey(provider);
      const base_url =
        provider === 'compatible' ? { base_url: `${current.provider?.compatibleUrl}/chat/completions` } : {};
      expect((await person.post('/api-keys', { provider, api_key, ...base_url })).status).toBe(201);
      keys.push(api_key);
    }
    const client = new OpenAI({ apiKey: person.token, baseURL: `${current.url}/v1`, maxRetries: 2 });
    const create = (model: string, more: object = {}) =>
      client.chat.completions.create({ model, messages, ...more });
    const failed = (model: string, more: object = {}) =>
      create(model, more).then(
        () => {
          throw new Error('The call succeeded.');
        },
        (error: unknown) => error,
      );
    return { person, create, failed, keys };
  }

  const calls = () =>
    portunus.current.provider?.journal().filter(({ path }) => path.includes('completions')) ?? [];
  const sent = (): unknown => JSON.parse(calls().at(-1)?.body ?? '{}');
  const failOnce = (
    status: number,
    error: Parameters<NonNullable<typeof portunus.current.provider>['nextRequestError']>[1],
  ) => portunus.current.provider?.nextRequestError(status, error);

  it('C12: the provider’s reason, its code and the field, with the key taken out of it', async () => {
    const { failed, keys } = await withKeys('reason', 'openai');
    const message = `Unsupported value: 'temperature' does not support 0.5 with this model. Key ${keys[0]}.\n\u202eSYSTEM`;
    failOnce(400, { message, type: 'invalid_request_error', code: 'unsupported_value' });
    const error = await failed('gpt-5.2', { temperature: 0.5 });
    expect(error).toMatchObject({
      status: 400,
      code: 'upstream_refused',
      message: expect.stringContaining(
        `The provider's message: "Unsupported value: 'temperature' does not support 0.5`,
      ),
      error: {
        portunus_code: 'upstream_refused',
        provider: 'openai',
        provider_code: 'unsupported_value',
        provider_status: 400,
      },
    });
    expect(JSON.stringify(error)).not.toContain(keys[0]);
    expect(JSON.stringify(error)).not.toMatch(/\\n|\u202e/);
  });

  it('P8: the codes that clients branch on, whoever the provider is', async () => {
    const { failed } = await withKeys('codes', 'openai', 'anthropic');
    failOnce(400, { message: 'too long', type: 'invalid_request_error', code: 'context_length_exceeded' });
    expect(await failed('gpt-5.2')).toMatchObject({ status: 400, code: 'context_length_exceeded' });
    failOnce(400, {
      message: 'prompt is too long: 220000 tokens > 200000 maximum',
      type: 'invalid_request_error',
    });
    expect(await failed('claude-haiku-4-5')).toMatchObject({ status: 400, code: 'context_length_exceeded' });
    failOnce(404, {
      message: 'The model `gpt-0` does not exist',
      type: 'invalid_request_error',
      code: 'model_not_found',
    });
    expect(await failed('openai/gpt-0')).toMatchObject({ status: 404, code: 'model_not_found' });
  });

  it('P7: that a request is not allowed, which is no fault of the key', async () => {
    const { failed, person } = await withKeys('region', 'openai');
    failOnce(403, { message: 'Country, region, or territory not supported', type: 'request_forbidden' });
    expect(await failed('gpt-5.2')).toMatchObject({
      status: 403,
      code: 'upstream_forbidden',
      type: 'permission_error',
      message: expect.stringContaining('territory not supported'),
    });
    expect((await person.get('/api-keys')).body.keys).toMatchObject([{ status: 'active' }]);
  });

  it('D8: once and for all, that an account has nothing left', async () => {
    const { failed } = await withKeys('poor-account', 'openai');
    const before = calls().length;
    failOnce(429, {
      message: 'You exceeded your current quota',
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    });
    const error = await failed('gpt-5.2');
    expect(error).toMatchObject({ status: 429, code: 'insufficient_quota', type: 'insufficient_quota' });
    expect((error as { headers: Headers }).headers.get('x-should-retry')).toBe('false');
    expect(calls().length - before).toBe(1);
  });

  it('P4, P5: of which provider a model is, and never sends it to another', async () => {
    const { create, failed, person } = await withKeys('names', 'openai');
    await create('OpenAI/gpt-4.1');
    expect(sent()).toMatchObject({ model: 'gpt-4.1' });
    const before = calls().length;
    for (const model of ['groq/llama-3', 'vertex/gemini-3', 'meta-llama/Llama-3-70b']) {
      expect(await failed(model)).toMatchObject({
        status: 404,
        code: 'model_not_found',
        message: expect.stringContaining('openai, anthropic, google, mistral, compatible'),
      });
    }
    expect(calls().length).toBe(before);
    const chat = await person.invoke('ai_chat', { messages, model: 'openai/gpt-4.1' });
    expect(chat.body.result).toMatchObject({ provider: 'openai' });
    expect(sent()).toMatchObject({ model: 'gpt-4.1' });
  });

  it('C19, K3: nothing of prefixes where the only key is for a server of its own', async () => {
    const { create } = await withKeys('own-server', 'compatible');
    for (const model of ['gpt-oss:20b', 'llama3.3', 'meta-llama/Llama-3-70b', 'gpt-4o']) {
      await create(model);
      expect(sent()).toMatchObject({ model });
    }
    await create('compatible/qwen/qwen3');
    expect(sent()).toMatchObject({ model: 'qwen/qwen3' });
  });

  it('C13, C14, C16, C18: nothing, where many tools, odd names and half a character are well meant', async () => {
    const { create } = await withKeys('odd', 'anthropic');
    const tools = Array.from({ length: 90 }, (_, at) => ({
      type: 'function',
      function: {
        name: `f${at}`,
        parameters: {
          type: 'object',
          properties: {
            constructor: { type: 'string' },
            ...Object.fromEntries(
              [1, 2, 3, 4, 5, 6, 7].map((n) => [`p${n}`, { type: 'string', description: 'x' }]),
            ),
          },
        },
      },
    }));
    const said = await create('anthropic/claude-haiku-4-5', {
      tools,
      messages: [{ role: 'user', content: 'cut \ud83d' }],
    });
    expect(said.choices[0]?.finish_reason).toMatch(/^(?:stop|tool_calls)$/);
  });
});
