import { expect, it } from 'vitest';

import { canaryKey, providerChats, type Person, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

type Provider = Parameters<typeof canaryKey>[0];

const auditOf = async (person: Person) => (await person.get('/audit/logs?limit=20')).body.logs;

onEngine('the AI tools', () => {
  const portunus = usePortunus();

  async function withKeys(name: string, ...providers: Provider[]) {
    const person = await portunus.current.person(name);
    const keys: string[] = [];
    for (const provider of providers) {
      const key = canaryKey(provider);
      const base_url =
        provider === 'compatible' ? { base_url: portunus.current.provider?.compatibleUrl } : {};
      const stored = await person.post('/api-keys', { provider, api_key: key, ...base_url });
      expect(stored.status).toBe(201);
      keys.push(key);
    }
    return { person, keys };
  }

  const lastChat = () => providerChats(portunus.current).at(-1);

  it('summarise a text, in the way and tongue that is asked for', async () => {
    const { person } = await withKeys('sue', 'mistral');
    const { body } = await person.invoke('ai_summarise', {
      text: 'A long story.',
      style: 'bullets',
      language: 'de',
    });
    expect(body.result).toMatchObject({
      text: '[local stand-in provider] You said: A long story.',
      provider: 'mistral',
      finish_reason: 'stop',
    });
    expect(lastChat()?.body).toMatch(/bullet points.*tag de/);
  });

  it('compare models concurrently: a failing one reports its error and does not affect the others', async () => {
    const { person, keys } = await withKeys('cem', 'openai', 'anthropic', 'google');
    portunus.current.provider?.fail(keys[1] ?? '', 500);
    const targets = [
      { provider: 'openai', model: 'gpt-4.1' },
      { provider: 'anthropic' },
      { provider: 'google' },
      { provider: 'mistral' },
    ];
    const { body } = await person.invoke('ai_compare', say('Which?', { targets }));
    expect(body.result).toMatchObject({
      answered: 2,
      answers: [
        { provider: 'openai', model: 'gpt-4.1', text: '[local stand-in provider] You said: Which?' },
        { provider: 'anthropic', model: null, error: { code: 'upstream_failed' } },
        { provider: 'google', text: '[local stand-in provider] You said: Which?' },
        {
          provider: 'mistral',
          error: { code: 'key_missing', next_step: expect.stringContaining('mistral') },
        },
      ],
    });
    const logs = await auditOf(person);
    const own = logs.filter(({ request_id }: { request_id: string }) =>
      request_id.startsWith(body.request_id),
    );
    const told = own.map(({ request_id, target, result }: Record<string, string>) => [
      request_id?.slice(body.request_id.length),
      target,
      result,
    ]);
    expect(told.toSorted()).toEqual([
      ['', 'ai_compare', 'succeeded'],
      ['.1', 'ai_chat', 'attempted'],
      ['.1', 'ai_chat', 'succeeded'],
      ['.2', 'ai_chat', 'attempted'],
      ['.2', 'ai_chat', 'failed'],
      ['.3', 'ai_chat', 'attempted'],
      ['.3', 'ai_chat', 'succeeded'],
      ['.4', 'ai_chat', 'refused'],
    ]);
    const receipts = own.flatMap(({ keys: used = [] }: { keys?: { key_id: string }[] }) =>
      used.map(({ key_id }) => key_id.split('_')[0]),
    );
    // A retry uses its key once more.
    expect(new Set(receipts)).toEqual(new Set(['anthropic', 'google', 'openai']));
  });

  it.each(['openai', 'google', 'mistral', 'compatible'] as const)('embed texts with %s', async (provider) => {
    const { person } = await withKeys(`eve-${provider}`, provider);
    const { body } = await person.invoke('ai_embed', {
      input: ['one', 'two'],
      provider,
      model: 'some-embedder',
    });
    const { vectors, dimensions } = body.result;
    expect(vectors).toHaveLength(2);
    expect(dimensions).toBe(vectors[0].length);
    expect(body.result).toMatchObject({ provider, model: 'some-embedder' });
  });

  it('say which provider has no embeddings', async () => {
    const { person } = await withKeys('ann', 'anthropic');
    const { body } = await person.invoke('ai_embed', { input: ['one'], provider: 'anthropic' });
    expect(body).toMatchObject({ code: 'invalid_input', issues: [{ path: 'provider' }] });
  });

  it('list the models of the caller’s keys', async () => {
    const { person } = await withKeys('mia', 'google', 'compatible');
    const { body } = await person.invoke('ai_models');
    expect(body.result.providers).toMatchObject([
      {
        provider: 'google',
        default_model: 'gemini-2.5-flash',
        models: ['gemini-2.5-flash', 'gemini-2.5-pro'],
      },
      { provider: 'compatible', default_model: null, models: expect.any(Array) },
    ]);
  });

  it('call the provider that the model name implies', async () => {
    const { person } = await withKeys('moe', 'openai', 'anthropic', 'google');
    for (const [model, provider] of [
      ['claude-haiku-4-5', 'anthropic'],
      ['gemini-2.5-pro', 'google'],
      ['some-unknown-model', 'openai'],
    ]) {
      expect((await person.invoke('ai_chat', say('hi', { model }))).body.result).toMatchObject({ provider });
    }
  });
});

onEngine('a key for an OpenAI-compatible server', () => {
  const portunus = usePortunus();
  const key = canaryKey('compatible');
  const store = (person: Person, base_url: unknown, api_key = key) =>
    person.post('/api-keys', { provider: 'compatible', api_key, base_url });

  it('goes to the address it was stored with and nowhere else, whatever a call asks for', async () => {
    const { provider } = portunus.current;
    const alice = await portunus.current.person('alice');
    const stored = await store(alice, `${provider?.compatibleUrl}/`);
    expect(stored.body).toMatchObject({
      success: true,
      provider: 'compatible',
      validation: { outcome: 'valid' },
    });
    const { body } = await alice.invoke('ai_chat', say('hello', { model: 'llama3:8b' }));
    expect(body.result).toMatchObject({ provider: 'compatible', text: expect.stringContaining('hello') });
    const seen = provider?.journal().filter(({ credential }) => credential === key) ?? [];
    const host = new URL(provider?.compatibleUrl ?? '').host;
    expect(seen.map(({ api, headers }) => `${api} ${headers.host}`)).toEqual(
      seen.map(() => `compatible ${host}`),
    );
    expect(seen).toHaveLength(2);
    expect((await alice.invoke('ai_chat', say('x', { base_url: 'https://example.org' }))).status).toBe(400);
  });

  it('is rejected without an address, or with one where none belongs', async () => {
    const bob = await portunus.current.person('bob');
    expect((await store(bob, undefined)).body).toMatchObject({
      code: 'invalid_input',
      issues: [{ path: 'base_url' }],
    });
    const openai = { provider: 'openai', api_key: canaryKey('openai'), base_url: 'https://example.org/v1' };
    expect((await bob.post('/api-keys', openai)).body).toMatchObject({ issues: [{ path: 'base_url' }] });
    for (const address of [
      'ftp://example.org',
      'https://user:pass@example.org',
      'https://example.org/v1?x=1',
      'nonsense',
    ]) {
      expect((await store(bob, address)).status).toBe(400);
    }
    expect((await bob.get('/api-keys')).body.keys).toEqual([]);
  });

  it.each([
    'http://169.254.169.254/v1',
    'https://169.254.169.254/v1',
    'https://10.0.0.1/v1',
    'https://localhost/v1',
    'https://metadata.internal/v1',
    'https://dynamodb.eu-central-1.amazonaws.com',
    'http://example.org/v1',
    'https://example.org:8443/v1',
  ])('is not stored for %s, which no key may be sent to', async (address) => {
    const carl = await portunus.current.person('carl');
    const { body } = await store(carl, address);
    expect(body).toMatchObject({ status: 502, code: 'egress_refused' });
    expect((await carl.get('/api-keys')).body.keys).toEqual([]);
  });

  it('is rotated with an address of its own, and never falls back to another server', async () => {
    const { provider } = portunus.current;
    const dora = await portunus.current.person('dora');
    const first = canaryKey('compatible');
    const { key_id } = (await store(dora, provider?.compatibleUrl, first)).body;
    const next = canaryKey('compatible');
    const rotate = (more: object) => dora.post(`/api-keys/${key_id}/rotate`, { api_key: next, ...more });
    expect((await rotate({})).body).toMatchObject({ issues: [{ path: 'base_url' }] });
    expect((await rotate({ base_url: provider?.compatibleUrl })).body).toMatchObject({ success: true });
    const other = canaryKey('compatible');
    await store(dora, provider?.compatibleUrl, other);
    provider?.reject(first);
    provider?.reject(next);
    const { body } = await dora.invoke('ai_chat', say('hello', { provider: 'compatible', model: 'm' }));
    expect(body.code).toBe('key_rejected');
    expect(providerChats(portunus.current).map(({ credential }) => credential)).not.toContain(other);
  });
});
