import { expect, it } from 'vitest';

import { canaryKey, providerChats, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

onEngine('a provider key', () => {
  const portunus = usePortunus();

  it('is stored once, shown as a hint, and used for its owner only', async () => {
    const { current } = portunus;
    const [alice, bob] = [await current.person('alice'), await current.person('bob')];
    const key = canaryKey('openai');

    const stored = await alice.post('/api-keys', { provider: 'openai', api_key: key, user_id: 'alice' });
    expect(stored.status).toBe(201);
    expect(stored.body).toMatchObject({
      success: true,
      provider: 'openai',
      hint: `…${key.slice(-4)}`,
      status: 'active',
      version: 1,
    });
    expect(stored.body.key_id).toMatch(/^openai_[\w-]{22}$/);

    const listed = await alice.get('/api-keys');
    expect(listed.body.keys).toHaveLength(1);
    expect((await bob.get('/api-keys')).body.keys).toEqual([]);

    const answered = await alice.invoke('ai_chat', say('hello there'));
    expect(answered.body).toMatchObject({ success: true, cached: false, result: { provider: 'openai' } });
    expect(answered.body.result.text).toContain('hello there');

    const before = providerChats(current).length;
    const rejected = await bob.invoke('ai_chat', say('hello there'));
    expect(rejected.status).toBe(409);
    expect(rejected.body).toMatchObject({
      code: 'key_missing',
      next_step: expect.stringContaining('/api-keys'),
    });
    expect(providerChats(current)).toHaveLength(before);

    const shown = providerChats(current).map(({ headers }) => headers['authorization']);
    expect(shown).toEqual([`Bearer ${key}`]);
  });

  it('reaches Anthropic in its own header, and the provider can be chosen per call', async () => {
    const { current } = portunus;
    const alice = await current.person('alice');
    const key = canaryKey('anthropic');
    expect((await alice.post('/api-keys', { provider: 'anthropic', api_key: key })).status).toBe(201);

    const answered = await alice.invoke('ai_chat', say('in your own words', { provider: 'anthropic' }));
    expect(answered.body.result).toMatchObject({
      provider: 'anthropic',
      text: expect.stringContaining('own words'),
    });
    expect(current.provider?.journal().at(-1)?.headers['x-api-key']).toBe(key);
  });

  it('gives rows of equal size whatever its length', async () => {
    const { current } = portunus;
    const [carol, frank] = [
      await current.person('carol', { roles: ['user'] }),
      await current.person('frank'),
    ];
    for (const [person, length] of [
      [carol, 20],
      [frank, 160],
    ] as const) {
      const { status } = await person.post('/api-keys', {
        provider: 'openai',
        api_key: canaryKey('openai', length),
      });
      expect(status).toBe(201);
    }
    const sizes = (await current.rows('vault'))
      .filter(({ sk }) => String(sk).startsWith('KEY#openai#'))
      .map(({ blob }) => (blob as Uint8Array).length);
    expect(sizes.length).toBeGreaterThan(2);
    expect(new Set(sizes)).toHaveLength(1);
  });

  it('stored twice is rejected, naming the one that is there', async () => {
    const alice = await portunus.current.person('gina');
    const body = { provider: 'openai', api_key: canaryKey('openai') };
    const first = await alice.post('/api-keys', body);
    const second = await alice.post('/api-keys', body);
    expect(second.status).toBe(409);
    expect(second.body).toMatchObject({ code: 'conflict', key_id: first.body.key_id });
  });

  it('of another provider is recognised and rejected', async () => {
    const alice = await portunus.current.person('alice');
    const key = canaryKey('anthropic');
    const rejected = await alice.post('/api-keys', { provider: 'openai', api_key: key });
    expect(rejected.status).toBe(400);
    expect(rejected.body).toMatchObject({
      code: 'wrong_provider',
      detail: expect.stringContaining('Anthropic'),
    });
    expect(rejected.text).not.toContain(key.slice(8, 24));
  });

  it('can be stored for another owner only by an admin', async () => {
    const { current } = portunus;
    const [alice, erin] = [await current.person('alice'), await current.person('erin')];
    const body = { provider: 'openai', api_key: canaryKey('openai'), user_id: 'harry' };
    expect((await alice.post('/api-keys', body)).body).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await erin.post('/api-keys', body)).status).toBe(201);
    const harry = await current.person('harry');
    expect((await harry.get('/api-keys')).body.keys).toHaveLength(1);
    expect((await erin.get('/api-keys')).body.keys).toHaveLength(0);
  });

  it('that an admin stores for somebody shows in the trail and the notices of its owner', async () => {
    const { current } = portunus;
    const [ivan, erin] = [await current.person('ivan'), await current.person('erin')];
    const api_key = canaryKey('openai');
    const stored = await erin.post('/api-keys', { provider: 'openai', api_key, user_id: 'ivan' });
    const { key_id } = stored.body;
    const records = (await ivan.get('/audit/logs')).body.logs.filter(
      ({ target }: { target?: string }) => target === key_id,
    );
    expect(records.map(({ action }: { action: string }) => action).toSorted()).toEqual([
      'key.stored',
      'notice.raised',
    ]);
    const { notices } = (await ivan.get('/notices')).body;
    expect(notices).toMatchObject([{ kind: 'key_stored_by_admin', subject: key_id }]);
    expect(notices[0].text).toContain(api_key.slice(-4));
    expect(JSON.stringify(notices)).not.toContain(api_key.slice(8, 24));
    expect((await erin.get('/notices')).body.notices).toEqual([]);
    // A key of one's own is no news.
    await ivan.post('/api-keys', { provider: 'anthropic', api_key: canaryKey('anthropic'), user_id: 'ivan' });
    expect((await ivan.get('/notices')).body.notices).toHaveLength(1);
  });

  it.each([
    ['base_url', { provider: 'compatible', base_url: 'https://models.example/v1' }],
    ['base_url', { provider: 'openai', base_url: 'https://models.example/v1' }],
    ['provider', { provider: 'compatible' }],
    ['origin', { provider: 'x-weather', origin: 'https://weather.example' }],
    ['provider', { provider: 'x-weather' }],
  ])('is not stored for somebody with an address of the admin: %s of %o', async (field, body) => {
    const { current } = portunus;
    const [judy, erin] = [await current.person('judy'), await current.person('erin')];
    const rejected = await erin.post('/api-keys', { ...body, api_key: canaryKey('openai'), user_id: 'judy' });
    expect(rejected.body).toMatchObject({
      status: 400,
      code: 'invalid_input',
      issues: [{ path: `body.${field}` }],
      next_step: expect.stringContaining('owner'),
    });
    expect((await judy.get('/api-keys')).body.keys).toEqual([]);
    expect((await judy.get('/notices')).body.notices).toEqual([]);
  });

  it('is gone on the very next call after it is deleted', async () => {
    const { current } = portunus;
    const ivy = await current.person('ivy');
    const { body } = await ivy.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    expect((await ivy.invoke('ai_chat', say('one'))).status).toBe(200);
    expect((await ivy.delete(`/api-keys/${body.key_id}`)).status).toBe(200);
    expect((await ivy.invoke('ai_chat', say('two'))).body).toMatchObject({ code: 'key_missing' });
  });

  it('of another owner answers exactly like an unknown one', async () => {
    const { current } = portunus;
    const [jane, kim] = [await current.person('jane'), await current.person('kim')];
    const { body } = await jane.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    const foreign = await kim.delete(`/api-keys/${body.key_id}`);
    const unknown = await kim.delete(`/api-keys/openai_${'A'.repeat(22)}`);
    const nonsense = await kim.delete('/api-keys/nonsense');
    const timeless = (answer: typeof foreign) => ({ ...answer.body, status: answer.status, request_id: '' });
    expect(foreign.status).toBe(404);
    expect(timeless(foreign)).toEqual(timeless(unknown));
    expect(timeless(foreign)).toEqual(timeless(nonsense));
    expect((await jane.get('/api-keys')).body.keys).toHaveLength(1);
  });

  it('lists the providers with what they offer and whether the caller has a key', async () => {
    const { body } = await (await portunus.current.person('alice')).get('/api-keys/providers');
    expect(body.providers).toMatchObject([
      { name: 'openai', features: ['chat', 'stream', 'embed', 'models'], your_keys: { usable: 1 } },
      { name: 'anthropic', features: ['chat', 'stream', 'models'], your_keys: { usable: 1 } },
      { name: 'google', your_keys: { usable: 0 } },
      { name: 'mistral', your_keys: { usable: 0 } },
      ...['compatible', 'groq', 'xai', 'deepseek', 'openrouter', 'together', 'azure', 'bedrock'].map(
        (name) => ({
          name,
          your_keys: { usable: 0 },
        }),
      ),
    ]);
  });
});
