// Embeddings, single models and idempotency keys, with the official client of OpenAI.
import OpenAI from 'openai';
import { expect, it } from 'vitest';

import { canaryKey } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

onEngine('/v1 for clients of OpenAI', () => {
  const portunus = usePortunus();

  async function withKeys(name: string, ...providers: ('openai' | 'google' | 'mistral' | 'anthropic')[]) {
    const person = await portunus.current.person(name);
    for (const provider of providers) {
      await person.post('/api-keys', { provider, api_key: canaryKey(provider) });
    }
    const baseURL = `${portunus.current.url}/v1`;
    return { person, client: new OpenAI({ apiKey: person.token, baseURL, maxRetries: 0 }) };
  }
  const calls = () => portunus.current.provider?.journal().length ?? 0;
  const lastSent = () => JSON.parse(portunus.current.provider?.journal().at(-1)?.body ?? 'null') as object;

  it.each(['openai', 'google', 'mistral'] as const)(
    'embeds one text and several with %s',
    async (provider) => {
      const { client } = await withKeys(`embed-${provider}`, provider);
      const model = {
        openai: 'openai/text-embedding-3-small',
        google: 'google/gemini-embedding-001',
        mistral: 'mistral/mistral-embed',
      }[provider];
      const one = await client.embeddings.create({ model, input: 'Häi 🎈' }); // the client requests base64
      const several = await client.embeddings.create({
        model,
        input: ['Häi 🎈', 'another'],
        encoding_format: 'float',
      });
      expect(several.data.map(({ index, object }) => [index, object])).toEqual([
        [0, 'embedding'],
        [1, 'embedding'],
      ]);
      const [first] = several.data;
      expect(one.data[0]?.embedding).toHaveLength(first?.embedding.length ?? -1);
      for (const [at, value] of (one.data[0]?.embedding ?? []).entries()) {
        expect(value).toBeCloseTo(first?.embedding[at] ?? NaN, 5);
      }
      expect(several).toMatchObject({ object: 'list', usage: { prompt_tokens: expect.any(Number) } });
    },
  );

  it('passes dimensions and unknown fields to OpenAI, and names those that Mistral cannot express', async () => {
    const { client, person } = await withKeys('dimensions', 'openai', 'mistral');
    const made = await client.embeddings.create({
      model: 'openai/text-embedding-3-small',
      input: [[1, 2, 3]],
      dimensions: 8,
      user: 'end-user-1',
    });
    expect(made.data[0]?.embedding).toHaveLength(8);
    expect(lastSent()).toMatchObject({ input: [[1, 2, 3]], dimensions: 8, user: 'end-user-1' });

    const body = { model: 'mistral/mistral-embed', input: 'x', dimensions: 8, user: 'end-user-1' };
    const named = await person.post('/v1/embeddings', body);
    expect(named.headers.get('x-portunus-dropped')).toBe('user');
    expect(lastSent()).toEqual({ model: 'mistral-embed', input: ['x'], output_dimension: 8 });
    const tokens = await person.post('/v1/embeddings', { ...body, input: [1, 2] });
    expect(tokens.body).toMatchObject({ error: { code: 'invalid_input', param: 'input' } });
  });

  it('answers errors of embeddings in OpenAI’s shape', async () => {
    const { client } = await withKeys('embed-errors', 'anthropic');
    const create = (model: string, input: string | string[]) => client.embeddings.create({ model, input });
    await expect(create('anthropic/claude-haiku-4-5', 'x')).rejects.toMatchObject({
      status: 400,
      code: 'invalid_input',
      message: expect.stringContaining('Anthropic offers no embeddings'),
    });
    await expect(create('openai/text-embedding-3-small', [])).rejects.toMatchObject({ param: 'input' });
    await expect(create('openai/text-embedding-3-small', 'x')).rejects.toMatchObject({
      status: 409,
      code: 'key_missing',
    });
  });

  it('reads one model by its id, plain, encoded and without its provider', async () => {
    const { client, person } = await withKeys('one-model', 'openai');
    const model = { id: 'openai/gpt-4.1-mini', object: 'model', owned_by: 'openai' };
    expect(await client.models.retrieve('openai/gpt-4.1-mini')).toMatchObject(model);
    for (const id of [
      'openai/gpt-4.1-mini',
      'openai%2Fgpt-4.1-mini',
      'openai%2fgpt-4.1-mini',
      'gpt-4.1-mini',
    ]) {
      const read = await person.get(`/v1/models/${id}`);
      expect([read.status, read.body]).toMatchObject([200, model]);
    }
    const nowhere = client.models.retrieve('openai/gpt-0:none');
    await expect(nowhere).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      type: 'invalid_request_error',
    });
    const poor = await portunus.current.person('poor-reader', { scopes: ['tools:call'] });
    expect((await poor.get('/v1/models/x')).body).toMatchObject({ error: { type: 'permission_error' } });
    expect((await poor.get('/v1/models')).body).toMatchObject({ error: { type: 'permission_error' } });
  });

  it('charges a request with an idempotency key once, whole and streamed', async () => {
    const { client, person } = await withKeys('twice', 'openai');
    const messages = [{ role: 'user' as const, content: 'Once, please' }];
    const asked = { model: 'openai/gpt-4.1-mini', messages };
    const spent = async () => (await person.get('/usage')).body;

    const headers = { 'idempotency-key': 'whole' };
    const first = await client.chat.completions.create(asked, { headers });
    const [before, cost] = [calls(), await spent()];
    const { data, response } = await client.chat.completions.create(asked, { headers }).withResponse();
    expect(data).toEqual(first);
    expect(response.headers.get('idempotency-replayed')).toBe('true');
    expect(calls()).toBe(before);
    expect(await spent()).toEqual(cost);

    const stream = async () => {
      const options = { headers: { 'idempotency-key': 'streamed' } };
      const body = { ...asked, stream: true as const, stream_options: { include_usage: true } };
      const { data: chunks, response: reply } = await client.chat.completions
        .create(body, options)
        .withResponse();
      let text = '';
      let tokens: number | undefined;
      const ids = new Set<string>();
      for await (const chunk of chunks) {
        text += chunk.choices[0]?.delta.content ?? '';
        tokens = chunk.usage?.total_tokens ?? tokens;
        ids.add(chunk.id);
      }
      return { text, tokens, ids: [...ids], replayed: reply.headers.get('idempotency-replayed') };
    };
    const streamed = await stream();
    const count = calls();
    expect(streamed).toMatchObject({ text: expect.stringContaining('Once, please'), replayed: null });
    expect(await stream()).toEqual({ ...streamed, replayed: 'true' });
    expect(calls()).toBe(count);

    const embed = { model: 'openai/text-embedding-3-small', input: 'x' };
    const vectors = await client.embeddings.create(embed, { headers });
    expect(await client.embeddings.create(embed, { headers })).toEqual(vectors);
    expect(calls()).toBe(count + 1);
    const other = client.chat.completions.create({ ...asked, temperature: 0 }, { headers });
    await expect(other).rejects.toMatchObject({ status: 422, code: 'idempotency_mismatch' });
  });
});
