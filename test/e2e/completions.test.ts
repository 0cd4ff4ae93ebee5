// The official client of OpenAI, pointed at us and otherwise unchanged.
import OpenAI from 'openai';
import { expect, it } from 'vitest';

import { canaryKey, type Person } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

type Message = OpenAI.ChatCompletionMessageParam;
const hello: Message[] = [{ role: 'user', content: 'Häi 🎈 there' }];
const SAID = '[local stand-in provider] You said: Häi 🎈 there';

const TOOL: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'look_up',
    description: 'Looks it up',
    parameters: { type: 'object', properties: { said: { type: 'string' } } },
  },
};
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const PROVIDERS = ['openai', 'anthropic', 'google', 'mistral', 'compatible'] as const;
type Provider = (typeof PROVIDERS)[number];

const last = <T>(list: readonly T[] | undefined): T | undefined => list?.at(-1);

async function textOf(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<string> {
  let text = '';
  for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
  return text;
}

async function contentsFrom(client: OpenAI, model: string): Promise<unknown[]> {
  const seen: unknown[] = [];
  const stream = await client.chat.completions.create({ model, messages: hello, stream: true });
  for await (const { choices } of stream)
    seen.push(choices.map(({ delta, finish_reason }) => ({ delta, finish_reason })));
  return seen;
}

onEngine('/v1/chat/completions', () => {
  const portunus = usePortunus();

  const clientOf = ({ token }: Person) =>
    new OpenAI({ apiKey: token, baseURL: `${portunus.current.url}/v1`, maxRetries: 0 });

  async function withKey(name: string, provider: Provider, key = canaryKey(provider)) {
    const { current } = portunus;
    const person = await current.person(name);
    const base_url = provider === 'compatible' ? { base_url: current.provider?.compatibleUrl } : {};
    const stored = await person.post('/api-keys', { provider, api_key: key, ...base_url });
    expect(stored.body).toMatchObject({ success: true, validation: { outcome: 'valid' } });
    return { person, client: clientOf(person), key, keyId: String(stored.body.key_id) };
  }

  it.each(PROVIDERS)('answers with the same words as %s itself, whole and streamed', async (provider) => {
    const { client, key } = await withKey(`words-${provider}`, provider);
    const model = `${provider}/some-model-1`;
    const whole = await client.chat.completions.create({ model, messages: hello, max_tokens: 50 });
    expect(whole.choices[0]).toMatchObject({
      message: { role: 'assistant', content: SAID },
      finish_reason: 'stop',
    });
    expect(whole).toMatchObject({
      object: 'chat.completion',
      usage: { prompt_tokens: 6, completion_tokens: expect.any(Number) },
    });
    const seen = last(portunus.current.provider?.journal());
    expect(seen).toMatchObject({ api: provider, credential: key, status: 200 });

    const streamed = await client.chat.completions.create({ model, messages: hello, stream: true });
    expect(await textOf(streamed)).toBe(SAID);
  });

  it('streams to the byte what a direct call to OpenAI streams', async () => {
    const { client, key } = await withKey('direct', 'openai');
    const direct = new OpenAI({ apiKey: key, baseURL: `${portunus.current.provider?.url}/v1` });
    expect(await contentsFrom(client, 'gpt-4.1-mini')).toEqual(await contentsFrom(direct, 'gpt-4.1-mini'));
  });

  it.each(PROVIDERS)('does not hand on the key that %s echoes over several pieces', async (provider) => {
    const { client, key } = await withKey(`echo-${provider}`, provider);
    const messages = [{ role: 'user' as const, content: `my key is ${key}, keep it` }];
    const model = `${provider}/some-model-1`;
    const said = await textOf(await client.chat.completions.create({ model, messages, stream: true }));
    expect(said).toContain('my key is [redacted], keep it');
  });

  it.each(PROVIDERS)(
    'tells the usage of a stream from %s where it is asked to, and nowhere else',
    async (provider) => {
      const { client } = await withKey(`usage-${provider}`, provider);
      const model = `${provider}/some-model-1`;
      const chunks = async (more: object) => {
        const seen: OpenAI.ChatCompletionChunk[] = [];
        const stream = await client.chat.completions.create({
          model,
          messages: hello,
          stream: true,
          ...more,
        });
        for await (const chunk of stream) seen.push(chunk);
        return seen;
      };
      const plain = await chunks({});
      expect(plain.filter(({ usage }) => usage)).toEqual([]);
      const counted = await chunks({ stream_options: { include_usage: true } });
      expect(counted).toHaveLength(plain.length + 1);
      expect(last(counted)).toMatchObject({ choices: [], usage: { prompt_tokens: 6 } });
    },
  );

  it.each(PROVIDERS)('passes tools to %s, and their calls and results back', async (provider) => {
    const { client } = await withKey(`tools-${provider}`, provider);
    const model = `${provider}/some-model-1`;
    const asked = { model, messages: hello, tools: [TOOL], tool_choice: 'auto' as const };
    const whole = await client.chat.completions.create(asked);
    const [choice] = whole.choices;
    expect(choice).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ type: 'function', function: { name: 'look_up' } }] },
    });

    const runner = client.chat.completions.stream({ ...asked, stream: true });
    const streamed = await runner.finalChatCompletion();
    const [call] = streamed.choices[0]?.message.tool_calls ?? [];
    expect(call).toMatchObject({ function: { name: 'look_up', arguments: '{"said":"Häi 🎈 there"}' } });

    const message = choice?.message as OpenAI.ChatCompletionMessage;
    const [called] = message.tool_calls ?? [];
    const result: Message = { role: 'tool', tool_call_id: called?.id ?? '', content: 'found it' };
    const after = await client.chat.completions.create({ ...asked, messages: [...hello, message, result] });
    expect(after.choices[0]?.message.content).toBe(SAID);
    expect(last(portunus.current.provider?.journal())?.body).toContain('found it');
  });

  it.each(['openai', 'anthropic', 'google', 'mistral'] as const)('hands images to %s', async (provider) => {
    const { client } = await withKey(`images-${provider}`, provider);
    const messages: Message[] = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: PIXEL } },
        ],
      },
    ];
    await client.chat.completions.create({ model: `${provider}/some-model-1`, messages });
    const [, data = 'none'] = PIXEL.split(',');
    expect(last(portunus.current.provider?.journal())?.body).toContain(data);
  });

  it('lists the models that the caller’s keys may use', async () => {
    const { person, client } = await withKey('models', 'openai');
    await person.post('/api-keys', { provider: 'anthropic', api_key: canaryKey('anthropic') });
    const models: string[] = [];
    for await (const { id } of client.models.list()) models.push(id);
    expect(models).toEqual(expect.arrayContaining(['openai/gpt-4.1-mini', 'anthropic/claude-haiku-4-5']));
  });

  it('finds the provider of a bare model name', async () => {
    const { person, client } = await withKey('bare', 'openai');
    await person.post('/api-keys', { provider: 'anthropic', api_key: canaryKey('anthropic') });
    await client.chat.completions.create({ model: 'claude-haiku-4-5', messages: hello });
    expect(last(portunus.current.provider?.journal())?.api).toBe('anthropic');
    const missing = client.chat.completions.create({ model: 'gemini-2.5-flash', messages: hello });
    await expect(missing).rejects.toMatchObject({ status: 409, code: 'key_missing' });
  });

  it('answers errors in the shape that the client knows, with our code and the next step', async () => {
    const { person, client } = await withKey('errors', 'anthropic');
    const create = (more: object) =>
      client.chat.completions.create({ model: 'anthropic/claude-haiku-4-5', messages: hello, ...more });
    await expect(create({ messages: [] })).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      code: 'invalid_input',
      param: 'messages',
    });
    await expect(create({ messages: 'hello' })).rejects.toMatchObject({ param: 'messages' });
    await expect(create({ model: 'nobody/none' })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      message: expect.stringContaining('openai, anthropic, google, mistral, compatible'),
    });
    const stranger = new OpenAI({ apiKey: 'nonsense', baseURL: `${portunus.current.url}/v1`, maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toMatchObject({ status: 401 });
    const bob = clientOf(await portunus.current.person('bob-without'));
    const rejected = bob.chat.completions.create({ model: 'gpt-4.1', messages: hello, stream: true });
    await expect(rejected).rejects.toMatchObject({
      status: 409,
      code: 'key_missing',
      error: { next_step: expect.stringContaining('POST /api-keys') },
    });
    const poor = await portunus.current.person('poor', { scopes: ['tools:call'] });
    await expect(clientOf(poor).models.list()).rejects.toMatchObject({ status: 403 });
    const bad = await person.post('/v1/chat/completions', '{"model": ');
    expect(bad.body).toMatchObject({ error: { code: 'invalid_input' } });
    portunus.current.provider?.nextRequestError(404, { type: 'not_found_error', message: 'model: claude-0' });
    const unknown = await create({ model: 'anthropic/claude-0' }).catch((error: unknown) => error);
    expect(unknown).toMatchObject({ status: 404, code: 'model_not_found' });
    expect(String(unknown)).toContain('The provider\'s message: "model: claude-0"');
  });

  it('names the fields that a provider cannot express in a header, whole and streamed', async () => {
    const { client } = await withKey('drops', 'anthropic');
    const body = {
      model: 'anthropic/claude-haiku-4-5',
      messages: hello,
      logprobs: true,
      seed: 7,
      'not a plain\r\nname': 1,
      temperature: null,
      frequency_penalty: 0,
    };
    for (const stream of [false, true]) {
      const { response } = await client.chat.completions
        .create({ ...body, stream } as unknown as Parameters<typeof client.chat.completions.create>[0])
        .withResponse();
      expect(response.status).toBe(200);
      expect(response.headers.get('x-portunus-dropped')).toBe('a field without a plain name, logprobs, seed');
    }
    const plain = await client.chat.completions
      .create({ model: 'anthropic/claude-haiku-4-5', messages: hello })
      .withResponse();
    expect(plain.response.headers.has('x-portunus-dropped')).toBe(false);
  });

  it('ignores query parameters of other products, and rejects them for a caller who wants strictness', async () => {
    const { person } = await withKey('query', 'openai');
    const send = (headers: Record<string, string>) =>
      portunus.current.request('POST', '/v1/chat/completions?api-version=2024-10-21', {
        headers: { authorization: `Bearer ${person.token}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ model: 'openai/some-model-1', messages: hello }),
      });
    expect(await send({})).toMatchObject({ status: 200, body: { object: 'chat.completion' } });
    const strict = await send({ 'x-portunus-strict': 'true' });
    expect([strict.status, strict.body.error.code]).toEqual([400, 'invalid_input']);
  });

  it('rejects the same fields by name for a caller who wants strictness, before anything is sent', async () => {
    const { client } = await withKey('strict', 'anthropic');
    const sent = portunus.current.provider?.journal().length;
    const strict = client.chat.completions.create(
      { model: 'anthropic/claude-haiku-4-5', messages: hello, logprobs: true },
      { headers: { 'x-portunus-strict': 'true' } },
    );
    await expect(strict).rejects.toMatchObject({ status: 400, code: 'invalid_input', param: 'logprobs' });
    expect(portunus.current.provider?.journal().length).toBe(sent);
  });

  it('gives the first piece to the caller before the provider has finished', async () => {
    const { client } = await withKey('first', 'openai');
    const hold = portunus.current.provider?.pauseNext();
    const stream = await client.chat.completions.create({ model: 'gpt-4.1', messages: hello, stream: true });
    const pieces = stream[Symbol.asyncIterator]();
    expect((await pieces.next()).done).toBe(false); // would wait for ever, were the answer collected first
    hold?.resume();
    let rest = 0;
    for (let piece = await pieces.next(); !piece.done; piece = await pieces.next()) rest += 1;
    expect(rest).toBeGreaterThan(0);
  });

  it('ends a stream that breaks off with an error the client throws, and records how it ended', async () => {
    const { person, client, keyId } = await withKey('broken', 'openai');
    const hold = portunus.current.provider?.pauseNext();
    const stream = await client.chat.completions.create({ model: 'gpt-4.1', messages: hello, stream: true });
    const pieces = stream[Symbol.asyncIterator]();
    await pieces.next();
    hold?.abort();
    const reading = (async () => {
      while (!(await pieces.next()).done);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'upstream_malformed' });
    const { body } = await person.get('/audit/logs?limit=5');
    expect(body.logs).toMatchObject([
      { action: 'tool.called', result: 'failed', error: 'upstream_malformed' },
      { action: 'tool.called', result: 'attempted', metadata: { provider: 'openai', model: 'gpt-4.1' } },
      expect.anything(),
      expect.anything(),
    ]);
    const receipts = await person.get(`/api-keys/${keyId}/receipts`);
    expect(receipts.body.receipts[0]).toMatchObject({
      tool: 'chat_completions',
      outcome: 'failed',
      version: 1,
    });
  });

  it('records a stream with its tokens before its last piece', async () => {
    const { person, client } = await withKey('recorded', 'anthropic');
    const stream = await client.chat.completions.create({
      model: 'anthropic/claude-haiku-4-5',
      messages: hello,
      stream: true,
    });
    expect(await textOf(stream)).toBe(SAID);
    const { body } = await person.get('/audit/logs?limit=2');
    expect(body.logs[0]).toMatchObject({
      action: 'tool.called',
      target: 'chat_completions',
      result: 'succeeded',
      metadata: { provider: 'anthropic', model: 'claude-haiku-4-5', input_tokens: 6 },
    });
  });

  it('fails over to the backup key before the first chunk was sent', async () => {
    const { person, client, key } = await withKey('backup', 'openai');
    const backup = canaryKey('openai');
    await person.post('/api-keys', { provider: 'openai', api_key: backup });
    portunus.current.provider?.reject(key);
    const stream = await client.chat.completions.create({ model: 'gpt-4.1', messages: hello, stream: true });
    expect(await textOf(stream)).toBe(SAID);
    expect(last(portunus.current.provider?.journal())?.credential).toBe(backup);
  });

  it('never shows a key in any answer', async () => {
    const keys = portunus.current.provider?.journal().map(({ credential }) => credential) ?? [];
    const answers = portunus.current.answers.join('\n') + JSON.stringify(portunus.current.lambda.logs());
    expect(keys.length).toBeGreaterThan(10);
    for (const key of keys) expect(answers).not.toContain(key?.slice(0, -4));
  });
});
