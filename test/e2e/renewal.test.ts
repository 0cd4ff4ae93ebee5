import { randomBytes } from 'node:crypto';

import { expect, it } from 'vitest';

import { canaryKey, type Person, type Portunus, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';
import { toolCalls } from '#test/support/tool-calls.ts';

type Row = Record<string, unknown>;

const HOUR = 3600;
/** Within the minute before its end a token is renewed ahead. */
const ABOUT_TO_LAPSE = 30;

const token = (kind: string) => `${kind}-${randomBytes(24).toString('base64url')}`;

async function connect(person: Person, expires_in: number) {
  const tokens = { access: token('access'), refresh: token('refresh') };
  const { status, body } = await person.post('/api-keys/oauth', {
    provider: 'openai',
    access_token: tokens.access,
    refresh_token: tokens.refresh,
    expires_in,
  });
  expect(status).toBe(201);
  return { ...tokens, keyId: body.key_id as string, body };
}

const refreshes = ({ provider }: Portunus, refreshToken: string) =>
  (provider?.journal() ?? []).filter(
    ({ path, credential }) => path === '/oauth/token' && credential === refreshToken,
  );

/** The credentials of the chats that carried this text, in order. */
const shownFor = ({ provider }: Portunus, text: string) =>
  (provider?.journal() ?? [])
    .filter(({ path, body }) => path.includes('chat') && body.includes(text))
    .map(({ credential }) => credential);

const versionOf = async (person: Person, keyId: string): Promise<number> => {
  const { body } = await person.get('/api-keys');
  return body.keys.find(({ key_id }: Row) => key_id === keyId).version;
};

const toldOf = async ({ rows }: Portunus, keyId: string): Promise<string[]> =>
  (await rows('content'))
    .filter(({ sk, subject }) => String(sk).startsWith('NOTICE#') && subject === keyId)
    .map(({ kind }) => String(kind));

onEngine('a renewable credential', () => {
  const portunus = usePortunus();

  it('is stored sealed: neither token is anywhere but in what the provider is shown', async () => {
    const { current } = portunus;
    const ann = await current.person('ann');
    const { access, refresh, body, keyId } = await connect(ann, HOUR);
    expect(body).toMatchObject({ hint: `…${access.slice(-4)}`, status: 'active', version: 1 });
    expect((await ann.invoke('ai_chat', say('ann says'))).body).toMatchObject({ mode: 'live' });
    expect(shownFor(current, 'ann says')).toEqual([access]);
    const everything = JSON.stringify([
      await current.rows('vault'),
      await current.rows('audit'),
      current.answers,
    ]);
    for (const secret of [access, refresh]) expect(everything).not.toContain(secret.slice(8, -4));

    const { body: known } = await ann.get('/api-keys/providers');
    const renewed = known.providers.filter(({ renewal }: Row) => renewal !== 'guided');
    expect(renewed.map(({ name, renewal }: Row) => [name, renewal])).toEqual([['openai', 'oauth']]);
    expect(known.providers.map(({ name }: Row) => name)).toEqual(
      expect.arrayContaining(['anthropic', 'groq']),
    );
    const rotated = await ann.post(`/api-keys/${keyId}/rotate`, { api_key: canaryKey('openai') });
    expect(rotated.body).toMatchObject({ status: 409, code: 'conflict' });
  });

  it('is renewed before it lapses', async () => {
    const { current } = portunus;
    const ben = await current.person('ben');
    const { access, refresh, keyId } = await connect(ben, ABOUT_TO_LAPSE);
    expect((await ben.invoke('ai_chat', say('ben says'))).body).toMatchObject({ mode: 'live' });
    const [shown] = shownFor(current, 'ben says');
    expect(shown).toMatch(/^local-access-/);
    expect(shown).not.toBe(access);
    expect(refreshes(current, refresh)).toHaveLength(1);
    expect(await versionOf(ben, keyId)).toBe(2);
    await ben.invoke('ai_chat', say('ben again'));
    expect(shownFor(current, 'ben again')).toEqual([shown]);
    expect(refreshes(current, refresh)).toHaveLength(1);
  });

  it('is renewed when its provider rejects it, and the call goes through; the trail names both versions', async () => {
    const { current } = portunus;
    const cid = await current.person('cid');
    const { access, refresh, keyId } = await connect(cid, HOUR);
    current.provider?.reject(access);
    const answered = await cid.invoke('ai_chat', say('cid says'));
    expect(answered.body).toMatchObject({ success: true, mode: 'live' });
    expect(shownFor(current, 'cid says')).toEqual([access, expect.stringMatching(/^local-access-/)]);
    expect(refreshes(current, refresh)).toHaveLength(1);

    const { body } = await cid.get('/audit/logs');
    const ofCall = body.logs
      .filter((log: Row) => log['request_id'] === answered.body.request_id)
      .toReversed();
    expect(ofCall.map(({ action, result }: Row) => `${String(action)} ${String(result)}`)).toEqual([
      'tool.called attempted',
      'key.renewed attempted',
      'key.renewed succeeded',
      'tool.called succeeded',
    ]);
    expect(ofCall.at(-1).keys).toEqual([
      { key_id: keyId, version: 1 },
      { key_id: keyId, version: 2 },
    ]);
    expect(await toldOf(current, keyId)).toEqual([]);
  });

  it('is renewed once, however many instances find it about to lapse', async () => {
    const { current } = portunus;
    const dot = await current.person('dot');
    const { refresh, keyId } = await connect(dot, ABOUT_TO_LAPSE);
    const answers = await Promise.all(
      Array.from({ length: 15 }, () => dot.invoke('ai_chat', say('dot says'))),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(refreshes(current, refresh)).toHaveLength(1);
    expect(await versionOf(dot, keyId)).toBe(2);
  });

  it('stays usable until it expires when renewal fails; its owner gets one notice, and renewal pauses', async () => {
    const { current } = portunus;
    const eve = await current.person('eve');
    const { access, refresh, keyId } = await connect(eve, ABOUT_TO_LAPSE);
    current.provider?.fail(refresh, 503);
    for (const text of ['eve one', 'eve two', 'eve three']) {
      expect((await eve.invoke('ai_chat', say(text))).body).toMatchObject({ mode: 'live' });
      expect(shownFor(current, text)).toEqual([access]);
    }
    expect(refreshes(current, refresh)).toHaveLength(1);
    expect(await toldOf(current, keyId)).toEqual(['renewal_failed']);
    expect(await versionOf(eve, keyId)).toBe(1);
  });

  it('is given up only when it is rejected and cannot be renewed any more', async () => {
    const { current } = portunus;
    const fay = await current.person('fay');
    const { access, refresh, keyId } = await connect(fay, HOUR);
    current.provider?.reject(access);
    current.provider?.reject(refresh);
    expect((await fay.invoke('ai_chat', say('fay one'))).body).toMatchObject({ code: 'key_rejected' });
    expect((await fay.invoke('ai_chat', say('fay two'))).body).toMatchObject({ code: 'key_invalid' });
    expect((await toldOf(current, keyId)).toSorted()).toEqual(['key_invalid', 'renewal_failed']);
  });

  it('rejected while its endpoint is down gives way to a backup key and stays', async () => {
    const { current } = portunus;
    const gus = await current.person('gus');
    const { access, refresh, keyId } = await connect(gus, HOUR);
    const backup = canaryKey('openai');
    await gus.post('/api-keys', { provider: 'openai', api_key: backup });
    current.provider?.reject(access);
    current.provider?.fail(refresh, 'never');
    expect((await gus.invoke('ai_chat', say('gus one'))).body).toMatchObject({
      mode: 'backup_key',
      reason: 'key_rejected',
    });
    expect(shownFor(current, 'gus one')).toEqual([access, backup]);
    const { body } = await gus.get('/api-keys');
    expect(body.keys.map(({ key_id, status }: Row) => [key_id, status])[0]).toEqual([keyId, 'active']);
  });

  it('is rejected where this stage knows no endpoint to renew it', async () => {
    const hal = await portunus.current.person('hal');
    const rejected = await hal.post('/api-keys/oauth', {
      provider: 'anthropic',
      access_token: token('access'),
      refresh_token: token('refresh'),
      expires_in: HOUR,
    });
    expect(rejected.body).toMatchObject({ status: 400, code: 'invalid_input' });
    expect((await hal.get('/api-keys')).body.keys).toEqual([]);
  });

  it('cannot name an endpoint of its own', async () => {
    const ivy = await portunus.current.person('ivy');
    const rejected = await ivy.post('/api-keys/oauth', {
      provider: 'openai',
      access_token: token('access'),
      refresh_token: token('refresh'),
      expires_in: HOUR,
      token_endpoint: 'https://evil.example/token',
    });
    expect(rejected.status).toBe(400);
  });

  it('costs, once in the life of a token, these calls more', async () => {
    const { current } = portunus;
    const jon = await current.person('jon');
    await connect(jon, ABOUT_TO_LAPSE);
    const calls = await toolCalls(current, () => jon.invoke('ai_chat', say('jon says')));
    expect(calls).toEqual([
      'Query',
      'UpdateItem', // beside it: the rate
      'TransactWriteItems', // rejected: the owner's first call of the day
      'TransactWriteItems',
      'UpdateItem',
      'Query',
      'PutItem', // what accounts for the opening stands before it
      'Decrypt',
      'GenerateMac',
      'GenerateDataKey',
      'TransactWriteItems',
      'UpdateItem',
      'Query',
      'Decrypt',
      'TransactWriteItems',
    ]);
  });
});
