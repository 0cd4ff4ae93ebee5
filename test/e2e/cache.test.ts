// Cached answers of models over every way in, with an upstream that counts its calls.
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import OpenAI from 'openai';
import { expect, it } from 'vitest';

import { canaryKey, type Person, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const MODEL = { provider: 'openai', model: 'gpt-4.1-mini' };

const chat = (person: Person, words: string, more: object = {}) =>
  person.invoke('ai_chat', say(words, { ...MODEL, temperature: 0, ...more }));

onEngine('the response cache', () => {
  const portunus = usePortunus();
  const calls = () => portunus.current.provider?.journal().length ?? 0;

  async function withKey(name: string) {
    const person = await portunus.current.person(name);
    const api_key = canaryKey('openai');
    const { body } = await person.post('/api-keys', { provider: 'openai', api_key });
    return { person, api_key, keyId: body.key_id as string };
  }
  /** The same entry, asked for by another instance: one answers from its own memory for 10 s. */
  const chatOverMcp = (person: Person, words: string) =>
    portunus.current.request('POST', '/mcp', {
      headers: {
        authorization: `Bearer ${person.token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'ai_chat', arguments: say(words, { ...MODEL, temperature: 0 }) },
      }),
    });

  /** The calls that reach the provider while this runs. */
  async function countCalls(work: () => Promise<unknown>): Promise<number> {
    const before = calls();
    await work();
    return calls() - before;
  }

  /** Entries expire now, without the ten seconds in which an instance answers from its memory. */
  async function expireEntries(): Promise<void> {
    const { current } = portunus;
    for (const { pk, sk } of await current.rows('cache')) {
      if (!String(sk).startsWith('E#')) continue;
      await current.db.send(
        new UpdateCommand({
          TableName: current.tableName('cache'),
          Key: { pk, sk },
          UpdateExpression: 'SET freshUntil = :past',
          ExpressionAttributeValues: { ':past': 0 },
        }),
      );
    }
  }

  it('answers a repeated deterministic call without its provider, free of charge, and says so', async () => {
    const { person } = await withKey('repeats');
    const first = (await chat(person, 'Hello')).body;
    expect(first).toMatchObject({ success: true, cached: false, mode: 'live' });
    const spent = (await person.get('/usage')).body;
    expect(
      await countCalls(async () => {
        const { body } = await chat(person, 'Hello');
        expect(body).toMatchObject({ cached: true, mode: 'cached', age_seconds: expect.any(Number) });
        expect(body.result).toEqual(first.result);
        expect(body).not.toHaveProperty('usage');
      }),
    ).toBe(0);
    expect((await person.get('/usage')).body).toEqual(spent);
    const { logs } = (await person.get('/audit/logs?limit=10')).body as { logs: { action: string }[] };
    const outcomes = logs.filter(({ action }) => action === 'tool.called');
    expect(outcomes[0]).toMatchObject({ result: 'succeeded', metadata: { outcome: 'cached' } });
  });

  it('calls the provider again for another owner, other words, and a temperature that is not 0', async () => {
    const [one, other] = [await withKey('one'), await withKey('other')];
    await chat(one.person, 'Hello');
    const made = await countCalls(async () => {
      await chat(other.person, 'Hello');
      await chat(one.person, 'Hello!');
      await chat(one.person, 'Hello', { temperature: 1 });
    });
    expect(made).toBe(3);
  });

  it('follows the argument cache: on, off, refresh', async () => {
    const { person } = await withKey('modes');
    const warm = { temperature: 1, cache: 'on' };
    expect(await countCalls(() => chat(person, 'Warm', warm))).toBe(1);
    expect(await countCalls(() => chat(person, 'Warm', warm))).toBe(0);
    expect(await countCalls(() => chat(person, 'Warm', { temperature: 1 }))).toBe(1);
    expect(await countCalls(() => chat(person, 'Warm', { ...warm, cache: 'refresh' }))).toBe(1);
    await chat(person, 'Cold');
    expect(await countCalls(() => chat(person, 'Cold', { cache: 'off' }))).toBe(1);
  });

  it('serves clients of OpenAI whole and streamed from one entry, with x-portunus-cache and age', async () => {
    const { person } = await withKey('streams');
    const client = new OpenAI({
      apiKey: person.token,
      baseURL: `${portunus.current.url}/v1`,
      maxRetries: 0,
    });
    const body = {
      model: 'openai/gpt-4.1-mini',
      temperature: 0,
      messages: [{ role: 'user' as const, content: 'Stream it' }],
    };
    const streamed = async () => {
      const { data, response } = await client.chat.completions
        .create({ ...body, stream: true, stream_options: { include_usage: true } })
        .withResponse();
      let text = '';
      for await (const { choices } of data) text += choices[0]?.delta.content ?? '';
      return { text, header: response.headers.get('x-portunus-cache'), age: response.headers.get('age') };
    };
    const first = await streamed();
    expect(first.header).toBeNull();
    const made = await countCalls(async () => {
      expect(await streamed()).toEqual({ ...first, header: 'hit', age: expect.stringMatching(/^\d+$/) });
      const { data, response } = await client.chat.completions.create(body).withResponse();
      expect(data.choices[0]?.message.content).toBe(first.text);
      expect(response.headers.get('x-portunus-cache')).toBe('hit');
    });
    expect(made).toBe(0);
    const off = client.chat.completions.create(body, { headers: { 'x-portunus-cache': 'off' } });
    expect(await countCalls(async () => off)).toBe(1);
    const wrong = client.chat.completions.create(body, { headers: { 'x-portunus-cache': 'maybe' } });
    await expect(wrong).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('x-portunus-cache'),
    });
  });

  it('caches embeddings unless the caller says otherwise', async () => {
    const { person } = await withKey('vectors');
    const embed = () => person.invoke('ai_embed', { input: ['a text'], provider: 'openai' });
    const { result } = (await embed()).body;
    expect(
      await countCalls(async () => {
        expect((await embed()).body).toMatchObject({ cached: true, result });
      }),
    ).toBe(0);
  });

  it('asks again after the owner’s keys or preferences change, and after an operator invalidates', async () => {
    const { person, keyId } = await withKey('changes');
    const operator = await portunus.current.person('operator', { roles: ['operator'] });
    const changes = {
      rotated: () => person.post(`/api-keys/${keyId}/rotate`, { api_key: canaryKey('openai') }),
      preferred: () => person.put('/preferences', { default_provider: 'openai' }),
      'invalidated for all': () => operator.post('/cache/invalidate', { tools: ['ai_chat'] }),
      'invalidated for one': () => operator.post('/cache/invalidate', { user_id: 'changes', all: true }),
    };
    for (const [word, change] of Object.entries(changes)) {
      await chat(person, word);
      expect((await change()).status).toBe(200);
      expect(await countCalls(() => chatOverMcp(person, word))).toBe(1);
      expect(await countCalls(() => chatOverMcp(person, word))).toBe(0);
    }
    const neither = await operator.post('/cache/invalidate', { user_id: 'changes' });
    expect(neither.body).toMatchObject({ code: 'invalid_input' });
  });

  it('makes one call for many identical requests at once', async () => {
    const { person } = await withKey('crowd');
    const made = await countCalls(async () => {
      const answers = await Promise.all(Array.from({ length: 12 }, () => chat(person, 'All at once')));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    });
    expect(made).toBe(1);
  });

  it('answers from an expired entry, with its age and reason, while the provider is down', async () => {
    const { person, api_key } = await withKey('outage');
    await chat(person, 'Stale');
    await expireEntries();
    const recover = portunus.current.provider?.fail(api_key, 503);
    const fresh = await chat(person, 'Nothing is stored for this');
    expect(fresh.body).toMatchObject({ code: 'upstream_failed' });
    const stale = await chatOverMcp(person, 'Stale');
    expect(stale.text).toContain('"mode":"stale","reason":"upstream_failed"');
    recover?.();
    const live = await chatOverMcp(person, 'Stale');
    expect(live.text).not.toContain('dev.portunus/served');
    expect(live.text).toContain('"finish_reason');
  });
});
