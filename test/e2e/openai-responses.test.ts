// OpenAI's official client and its Responses API, pointed at us and otherwise unchanged.
import OpenAI from 'openai';
import type { ResponseInput, ResponseStreamEvent, Tool } from 'openai/resources/responses/responses';
import { expect, it } from 'vitest';

import { canaryKey } from '#test/support/portunus.ts';
import { hasSpecs, validatorOf } from '#test/support/published-schema.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const SAID = '[local stand-in provider] You said: Häi 🎈 there';
const hello: ResponseInput = [{ role: 'user', content: 'Häi 🎈 there' }];
const TOOL: Tool = {
  type: 'function',
  name: 'look_up',
  description: 'Looks it up',
  parameters: { type: 'object', properties: { said: { type: 'string' } } },
  strict: false,
};

const PROVIDERS = ['openai', 'anthropic', 'google', 'mistral', 'compatible'] as const;
type Provider = (typeof PROVIDERS)[number];

/** Events and responses as OpenAI publishes them; without ../shared/specs the client alone is the judge. */
function expectPublished(name: string, values: readonly unknown[]): void {
  if (!hasSpecs) return;
  const validate = validatorOf('openai.json', name);
  for (const value of values) expect([value, validate(value), validate.errors]).toEqual([value, true, null]);
}

async function* framesIn({ body }: Response): AsyncGenerator<string> {
  let waiting = '';
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const frames = (waiting + text).split('\n\n');
    waiting = frames.pop() ?? '';
    yield* frames;
  }
}

onEngine('/v1/responses', () => {
  const portunus = usePortunus();

  const clientFor = (apiKey: string) =>
    new OpenAI({ apiKey, baseURL: `${portunus.current.url}/v1`, maxRetries: 0 });

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
    const asked = { model, instructions: 'Be kind.', input: hello };
    const whole = await client.responses.create(asked);
    expect(whole).toMatchObject({ object: 'response', status: 'completed', output_text: SAID, store: false });
    expect(whole.usage).toMatchObject({
      input_tokens: expect.any(Number),
      output_tokens: expect.any(Number),
    });
    const { output_text: _text, ...wire } = whole;
    expectPublished('Response', [wire]);
    expect(sent().at(-1)).toMatchObject({ api: provider, status: 200 });
    expect(sent().at(-1)?.body).toContain('Be kind.');

    const events: ResponseStreamEvent[] = [];
    const stream = client.responses.stream(asked).on('event', (event) => void events.push(event));
    const streamed = await stream.finalResponse();
    expect(streamed.output_text).toBe(SAID);
    expect(streamed.usage?.input_tokens).toBe(whole.usage?.input_tokens);
    const types = events.map(({ type }) => type);
    expect(types.filter((type, at) => type !== types[at - 1])).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    const raw = await Array.fromAsync(await client.responses.create({ ...asked, stream: true }));
    expect(raw.map(({ sequence_number: at }) => at)).toEqual(raw.map((_event, at) => at));
    expectPublished('ResponseStreamEvent', raw);
  });

  it.each(PROVIDERS)('carries a tool loop of three turns through %s', async (provider) => {
    const { client, model } = await withKey(`loop-${provider}`, provider);
    const asked = { model, tools: [TOOL], store: false, include: ['reasoning.encrypted_content' as const] };
    const input = [...hello];
    for (const found of ['found 1', 'found 2', 'found 3']) {
      const reply = await client.responses.stream({ ...asked, input }).finalResponse();
      const call = reply.output.find((item) => item.type === 'function_call');
      expect(call).toMatchObject({ name: 'look_up', status: 'completed' });
      expect(JSON.parse(call?.arguments ?? '')).toEqual({ said: 'Häi 🎈 there' });
      const result = { type: 'function_call_output' as const, call_id: call?.call_id ?? '', output: found };
      input.push(...(reply.output as ResponseInput), result);
      const said = await client.responses.create({ ...asked, input });
      expect(said.output_text).not.toBe('');
      input.push(...(said.output as ResponseInput), ...hello);
    }
    for (const found of ['found 1', 'found 2', 'found 3']) expect(sent().at(-1)?.body).toContain(found);
  });

  it.each(PROVIDERS)('answers with JSON of the caller’s schema through %s', async (provider) => {
    const { client, model } = await withKey(`json-${provider}`, provider);
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    };
    const text = { format: { type: 'json_schema' as const, name: 'place', schema, strict: true } };
    const { output_text: said } = await client.responses.create({ model, input: hello, text });
    expect(JSON.parse(said)).toEqual({ city: expect.any(String) });
  });

  it.each(PROVIDERS)('does not hand on the key that %s echoes over several events', async (provider) => {
    const { client, key, model } = await withKey(`echo-${provider}`, provider);
    const input = `my key is ${key}, keep it`;
    const reply = await client.responses.stream({ model, input }).finalResponse();
    expect(reply.output_text).toContain('my key is [redacted], keep it');
    const events = await Array.fromAsync(await client.responses.create({ model, input, stream: true }));
    expect(JSON.stringify(events)).not.toContain(key);
  });

  it('passes a request to OpenAI as it is, minus what changes its price, and never stored', async () => {
    const { client } = await withKey('native', 'openai');
    const asked = {
      model: 'gpt-5.2',
      input: hello,
      reasoning: { effort: 'low' as const, summary: 'auto' as const },
      include: ['reasoning.encrypted_content' as const],
      prompt_cache_key: 'thread',
      text: { verbosity: 'low' as const },
      max_output_tokens: 500,
    };
    const tools = [TOOL, { type: 'web_search' as const }];
    const { response } = await client.responses
      .create({ ...asked, tools, service_tier: 'auto' })
      .withResponse();
    expect(lastSent()).toEqual({ ...asked, tools: [TOOL], store: false, service_tier: 'default' });
    expect(response.headers.get('x-portunus-dropped')).toBe('tools.web_search');
    const strict = client.responses.create({ ...asked, tools }, { headers: { 'x-portunus-strict': 'true' } });
    await expect(strict).rejects.toMatchObject({ status: 400 });
    const fast = client.responses.create({ ...asked, service_tier: 'priority' });
    await expect(fast).rejects.toMatchObject({ status: 400, param: 'service_tier' });
  });

  it('rejects by name what relies on something stored', async () => {
    const { client } = await withKey('stored', 'openai');
    const before = sent().length;
    const create = (more: object) => client.responses.create({ model: 'gpt-5.2', input: hello, ...more });
    await expect(create({ previous_response_id: 'resp_1' })).rejects.toMatchObject({
      status: 400,
      param: 'previous_response_id',
      message: expect.stringContaining('send the earlier input and output items in input'),
    });
    await expect(create({ store: true })).rejects.toMatchObject({ status: 400, param: 'store' });
    await expect(create({ background: true })).rejects.toMatchObject({ status: 400, param: 'background' });
    await expect(create({ conversation: 'conv_1' })).rejects.toMatchObject({ param: 'conversation' });
    expect(sent()).toHaveLength(before);
  });

  it('answers errors in OpenAI’s shape, also in mid-stream', async () => {
    const { client, person } = await withKey('errors', 'anthropic');
    await expect(client.responses.create({ model: 'openai/gpt-5.2', input: 'x' })).rejects.toMatchObject({
      status: 409,
      code: 'key_missing',
    });
    const paused = portunus.current.provider?.pauseNext();
    const response = await fetch(`${portunus.current.url}/v1/responses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${person.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'anthropic/claude-haiku-4-5', input: 'x', stream: true }),
    });
    const events: Record<string, unknown>[] = [];
    for await (const frame of framesIn(response)) {
      paused?.abort();
      events.push(JSON.parse(frame.replace(/^event: .*\ndata: /, '')) as Record<string, unknown>);
    }
    expect(events.map(({ sequence_number: at }) => at)).toEqual(events.map((_event, at) => at));
    expect(events.at(-2)).toMatchObject({ type: 'error', message: expect.any(String) });
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'server_error' } },
    });
    expectPublished('ResponseStreamEvent', events);
  });

  it.each(['openai', 'anthropic'] as const)('charges a repeated stream of %s once', async (provider) => {
    const { client, model } = await withKey(`again-${provider}`, provider);
    const stream = () =>
      client.responses
        .stream(
          { model, input: hello, tools: [TOOL], tool_choice: 'required' },
          { headers: { 'idempotency-key': 'one' } },
        )
        .finalResponse();
    const first = await stream();
    const calls = sent().length;
    expect(await stream()).toEqual(first);
    expect(sent()).toHaveLength(calls);
  });
});
