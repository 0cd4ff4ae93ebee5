import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';

import {
  type Answer,
  canaryKey,
  providerChats,
  type Person,
  type Portunus,
  say,
} from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';
import { withoutPermission } from '#test/support/without-permission.ts';

type Stored = { readonly id: string; readonly key: string };

async function store(person: Person, more: object = {}): Promise<Stored> {
  const key = canaryKey('openai');
  const { status, body } = await person.post('/api-keys', { provider: 'openai', api_key: key, ...more });
  expect(status).toBe(201);
  return { id: body.key_id, key };
}

const shown = async (person: Person, id: string) =>
  (await person.get('/api-keys')).body.keys.find(({ key_id }: { key_id: string }) => key_id === id);

const rowOf = async (portunus: Portunus, id: string) => {
  const row = (await portunus.rows('vault')).find(({ sk }) => sk === `KEY#${id.replace('_', '#')}`);
  if (!row) throw new Error('There is no such row.');
  return row;
};

/** The key that the last chat was made with. */
const lastUsed = (portunus: Portunus) => providerChats(portunus).at(-1)?.credential;

/** Time cannot be moved here, but what the clock is compared with can. */
async function setInRow(portunus: Portunus, id: string, path: string, value: string) {
  const { pk, sk } = await rowOf(portunus, id);
  const names = path.split('.');
  await portunus.db.send(
    new UpdateCommand({
      TableName: portunus.tableName('vault'),
      Key: { pk, sk },
      UpdateExpression: `SET ${names.map((_, at) => `#n${at}`).join('.')} = :value`,
      ExpressionAttributeNames: Object.fromEntries(names.map((name, at) => [`#n${at}`, name])),
      ExpressionAttributeValues: { ':value': value },
    }),
  );
}

const PAST = '2020-01-01T00:00:00.000Z';

/** An answer but for what differs from call to call. */
const timeless = ({ status, headers, body }: Answer) => {
  const { request_id: _, ...rest } = body;
  return JSON.stringify([status, headers.get('content-type'), rest]);
};

/** For all but the last description: they name their people after themselves, and so do not meet. */
const portunus = usePortunus();

onEngine('a new key', () => {
  it('is validated with its provider first, and lists its models', async () => {
    const { current } = portunus;
    const alice = await current.person('new-alice');
    const { id, key } = await store(alice);
    const asked = current.provider?.journal().filter(({ path }) => path.startsWith('/v1/models'));
    expect(asked).toMatchObject([{ method: 'GET', credential: key, status: 200 }]);
    expect(await shown(alice, id)).toMatchObject({
      validation: { outcome: 'valid', checked_at: expect.any(String), models: expect.any(Array) },
      rotated_at: null,
      previous_until: null,
    });
    expect((await shown(alice, id)).validation.models.length).toBeGreaterThan(0);

    const { body } = await alice.get('/audit/logs');
    const [stored, attempted] = body.logs.filter(
      ({ action }: { action: string }) => action !== 'keys.listed',
    );
    expect(attempted).toMatchObject({ action: 'key.validated', result: 'attempted' });
    expect(stored).toMatchObject({
      action: 'key.stored',
      result: 'succeeded',
      metadata: { outcome: 'valid' },
    });
    expect(stored.request_id).toBe(attempted.request_id);
  });

  it('that the provider rejects is not stored', async () => {
    const { current } = portunus;
    const bob = await current.person('new-bob');
    const key = canaryKey('anthropic');
    current.provider?.reject(key);
    const rejected = await bob.post('/api-keys', { provider: 'anthropic', api_key: key });
    expect(rejected.body).toMatchObject({ status: 409, code: 'key_rejected', url: expect.any(String) });
    expect((await bob.get('/api-keys')).body.keys).toEqual([]);
    expect((await bob.get('/audit/logs?action=key.stored')).body.logs).toMatchObject([
      { result: 'refused', error: 'key_rejected' },
    ]);
  });

  it.each([['a 500', 500] as const, ['a 429', 429] as const, ['silence', 'never'] as const])(
    'is stored without a claim when the provider answers with %s',
    async (_kind, how) => {
      const { current } = portunus;
      const carol = await current.person(`new-carol-${how}`);
      const key = canaryKey('openai');
      current.provider?.fail(key, how);
      const stored = await carol.post('/api-keys', { provider: 'openai', api_key: key });
      expect(stored.status).toBe(201);
      expect(stored.body).toMatchObject({
        status: 'active',
        message: expect.stringContaining('has not been checked'),
        validation: { outcome: 'unreachable', models: null },
      });
      expect(stored.text).not.toMatch(/"valid"|accepts/);
    },
  );

  it('has an end if its owner says so, but not one that is over', async () => {
    const dora = await portunus.current.person('new-dora');
    const { id } = await store(dora, { expires_at: '2040-06-01T12:00:00+02:00', label: 'laptop' });
    expect(await shown(dora, id)).toMatchObject({ expires_at: '2040-06-01T10:00:00.000Z', label: 'laptop' });
    for (const expires_at of [PAST, 'tomorrow', '2040-02-30T00:00:00Z', '9999-12-31T23:59:59-23:59', 7, '']) {
      const body = { provider: 'openai', api_key: canaryKey('openai'), expires_at };
      expect((await dora.post('/api-keys', body)).body).toMatchObject({ status: 400, code: 'invalid_input' });
      const rotation = { api_key: canaryKey('openai'), expires_at };
      expect((await dora.post(`/api-keys/${id}/rotate`, rotation)).body).toMatchObject({ status: 400 });
    }
    expect((await dora.get('/api-keys')).body.keys).toHaveLength(1);
  });
});

onEngine('a rotated key', () => {
  it('is used on the next call; the old value stays for a grace period and can be restored', async () => {
    const { current } = portunus;
    const alice = await current.person('rotating-alice');
    const { id, key } = await store(alice);
    await alice.invoke('ai_chat', say('one'));
    expect(lastUsed(current)).toBe(key);

    const next = canaryKey('openai');
    const rotated = await alice.post(`/api-keys/${id}/rotate`, { api_key: next });
    expect(rotated.body).toMatchObject({
      status: 'active',
      version: 2,
      hint: `…${next.slice(-4)}`,
      key_id: id,
      validation: { outcome: 'valid' },
      rotated_at: expect.any(String),
      previous_until: expect.any(String),
    });
    await alice.invoke('ai_chat', say('two'));
    expect(lastUsed(current)).toBe(next);

    const back = await alice.post(`/api-keys/${id}/rollback`, undefined);
    expect(back.body).toMatchObject({ version: 1, previous_until: rotated.body.previous_until });
    await alice.invoke('ai_chat', say('three'));
    expect(lastUsed(current)).toBe(key);

    const third = canaryKey('openai');
    expect((await alice.post(`/api-keys/${id}/rotate`, { api_key: third })).body.version).toBe(3);
    await alice.invoke('ai_chat', say('four'));
    expect(lastUsed(current)).toBe(third);

    await setInRow(current, id, 'prev.until', PAST);
    const late = await alice.post(`/api-keys/${id}/rollback`, undefined);
    expect(late.body).toMatchObject({ status: 409, code: 'conflict' });
    expect((await shown(alice, id)).previous_until).toBe(null);
  });

  it('keeps its value when the provider rejects the new one, and stores it unvalidated when the provider is unreachable', async () => {
    const { current } = portunus;
    const bob = await current.person('rotating-bob');
    const { id, key } = await store(bob, { expires_at: '2040-01-01T00:00:00Z' });
    const bad = canaryKey('openai');
    current.provider?.reject(bad);
    const before = await rowOf(current, id);
    const rejected = await bob.post(`/api-keys/${id}/rotate`, { api_key: bad });
    expect(rejected.body).toMatchObject({ status: 409, code: 'key_rejected' });
    expect(await rowOf(current, id)).toEqual(before);
    expect((await bob.post(`/api-keys/${id}/rotate`, { api_key: key })).body).toMatchObject({
      code: 'conflict',
      key_id: id,
    });

    const unseen = canaryKey('openai');
    current.provider?.fail(unseen, 'never');
    expect((await bob.post(`/api-keys/${id}/rotate`, { api_key: unseen })).body).toMatchObject({
      version: 2,
      expires_at: null,
      validation: { outcome: 'unreachable' },
    });
  });

  it('is rotated once by two concurrent requests, and the other gets the current state', async () => {
    const { current } = portunus;
    const carl = await current.person('rotating-carl');
    const { id } = await store(carl);
    // Both have read before either writes, most of the time: what is asserted holds whichever way it goes.
    const undo = current.awsEndpoint.faults.inject(({ caller, operation }) =>
      caller.includes('keys-rotate') && operation === 'TransactWriteItems'
        ? { kind: 'delay', ms: 300 }
        : undefined,
    );
    let version = 1;
    let lost = 0;
    for (let round = 0; round < 10; round += 1) {
      const keys = [canaryKey('openai'), canaryKey('openai')];
      const answers = await Promise.all(
        keys.map((api_key) => carl.post(`/api-keys/${id}/rotate`, { api_key })),
      );
      const won = keys.filter((_, at) => answers[at]?.status === 200);
      for (const answer of answers.filter(({ status }) => status !== 200)) {
        lost += 1;
        expect(answer.body).toMatchObject({
          status: 409,
          code: 'conflict',
          current: { key_id: id, version: version + 1 },
        });
        expect(keys.some((key) => answer.text.includes(key.slice(8, 20)))).toBe(false);
      }
      version += won.length;
      expect(won.length).toBeGreaterThan(0);
      expect((await shown(carl, id)).version).toBe(version);
      await carl.invoke('ai_chat', say('hello'));
      expect(won).toContain(lastUsed(current));
    }
    undo();
    expect(lost).toBeGreaterThan(0);
    const { body } = await carl.get('/audit/logs?action=key.rotated&result=succeeded&limit=100');
    expect(body.logs).toHaveLength(version - 1);
  });
});

onEngine('a frozen key', () => {
  it('is rejected on the next call in every instance, and works again once it is unfrozen', async () => {
    const { current } = portunus;
    const alice = await current.person('freezing-alice');
    const { id } = await store(alice);
    for (let attempt = 0; attempt < 15; attempt += 1) {
      expect((await alice.post(`/api-keys/${id}/freeze`, undefined)).body).toMatchObject({
        status: 'frozen',
      });
      const before = providerChats(current).length;
      const rejected = await Promise.all([1, 2, 3].map(() => alice.invoke('ai_chat', say('hello'))));
      for (const { body } of rejected) {
        expect(body).toMatchObject({ status: 409, code: 'key_frozen', key_id: id });
        expect(body.next_step).toContain(`/api-keys/${id}/unfreeze`);
      }
      expect(providerChats(current)).toHaveLength(before);
      expect((await alice.post(`/api-keys/${id}/unfreeze`, undefined)).body).toMatchObject({
        status: 'active',
      });
      expect((await alice.invoke('ai_chat', say('hello'))).status).toBe(200);
    }
  });

  it('stays frozen through a rotation, is not opened to be validated, and may be frozen twice', async () => {
    const { current } = portunus;
    const bob = await current.person('freezing-bob');
    const { id } = await store(bob);
    await bob.post(`/api-keys/${id}/freeze`, undefined);
    expect((await bob.post(`/api-keys/${id}/freeze`, undefined)).status).toBe(200);
    const rotated = await bob.post(`/api-keys/${id}/rotate`, { api_key: canaryKey('openai') });
    expect(rotated.body).toMatchObject({ status: 'frozen', version: 2 });
    expect((await bob.post(`/api-keys/${id}/validate`, undefined)).body).toMatchObject({
      status: 409,
      code: 'key_frozen',
    });
    expect((await bob.invoke('ai_chat', say('hello'))).body).toMatchObject({ code: 'key_frozen' });
  });
});

onEngine('a stored key', () => {
  it('is validated at most once a minute, and unusable once its provider rejects it', async () => {
    const { current } = portunus;
    const alice = await current.person('storing-alice');
    const { id, key } = await store(alice);
    const again = await alice.post(`/api-keys/${id}/validate`, undefined);
    expect(again.body).toMatchObject({ success: true, outcome: 'valid', cached: true });

    current.provider?.reject(key);
    await setInRow(current, id, 'validation.checkedAt', PAST);
    const rejected = await alice.post(`/api-keys/${id}/validate`, undefined);
    expect(rejected.body).toMatchObject({
      success: false,
      outcome: 'rejected',
      cached: false,
      status: 'invalid',
    });
    const failed = await alice.invoke('ai_chat', say('hello'));
    expect(failed.body).toMatchObject({ status: 409, code: 'key_invalid', key_id: id });
    const { body } = await alice.get('/audit/logs?action=key.validated&result=succeeded');
    expect(body.logs[0]).toMatchObject({
      target: id,
      keys: [{ version: 1 }],
      metadata: { outcome: 'rejected' },
    });
    const { body: trail } = await alice.get('/audit/logs?action=key.validated');
    const own = trail.logs.filter(
      (log: { request_id: string }) => log.request_id === body.logs[0].request_id,
    );
    expect(own.map(({ result }: { result: string }) => result).toSorted()).toEqual([
      'attempted',
      'succeeded',
    ]);

    const rotated = await alice.post(`/api-keys/${id}/rotate`, { api_key: canaryKey('openai') });
    expect(rotated.body).toMatchObject({ status: 'active', previous_until: null });
    expect((await alice.invoke('ai_chat', say('hello'))).status).toBe(200);
  });

  it('whose provider is unreachable is neither valid nor invalid', async () => {
    const { current } = portunus;
    const bob = await current.person('storing-bob');
    const { id, key } = await store(bob);
    await setInRow(current, id, 'validation.checkedAt', PAST);
    const undo = current.provider?.fail(key, 'never');
    const asked = await bob.post(`/api-keys/${id}/validate`, undefined);
    expect(asked.body).toMatchObject({ success: false, outcome: 'unreachable', status: 'active' });
    undo?.();
    expect((await bob.invoke('ai_chat', say('hello'))).status).toBe(200);
  });

  it('that has expired is rejected with the way to renew it, and everything else keeps working', async () => {
    const { current } = portunus;
    const carol = await current.person('storing-carol', { roles: ['user'] });
    const { id } = await store(carol, { expires_at: '2040-01-01T00:00:00Z' });
    await setInRow(current, id, 'expiresAt', PAST);
    const rejected = await carol.invoke('ai_chat', say('hello'));
    expect(rejected.body).toMatchObject({ status: 409, code: 'key_expired', key_id: id });
    expect(rejected.body.next_step).toContain(rejected.body.url);
    expect(rejected.body.next_step).toContain(`/api-keys/${id}/rotate`);
    expect((await carol.invoke('time_now')).status).toBe(200);
    expect(await shown(carol, id)).toMatchObject({ status: 'expired' });
    expect((await carol.post(`/api-keys/${id}/validate`, undefined)).body.code).toBe('key_expired');

    const other = await store(carol);
    expect((await carol.invoke('ai_chat', say('hello'))).status).toBe(200);
    expect(lastUsed(current)).toBe(other.key);
    await carol.delete(`/api-keys/${other.id}`);
    await carol.post(`/api-keys/${id}/rotate`, { api_key: canaryKey('openai') });
    expect((await carol.invoke('ai_chat', say('hello'))).status).toBe(200);
  });

  it('is used in the order its owner sets', async () => {
    const { current } = portunus;
    const dave = await current.person('storing-dave', { roles: ['user'] });
    const [first, second, third] = [await store(dave), await store(dave), await store(dave)];
    const order = (key_ids: unknown, provider = 'openai') =>
      dave.put('/api-keys/order', { provider, key_ids });
    expect((await order([third.id, first.id, second.id])).status).toBe(200);
    const listed = await dave.get('/api-keys');
    expect(listed.body.keys.map(({ key_id }: { key_id: string }) => key_id)).toEqual([
      third.id,
      first.id,
      second.id,
    ]);
    await dave.invoke('ai_chat', say('hello'));
    expect(lastUsed(current)).toBe(third.key);

    const current_ = [third.id, first.id, second.id];
    for (const wrong of [[], current_.slice(1), [...current_, first.id], [third.id, third.id, first.id]]) {
      expect((await order(wrong)).body).toMatchObject({ status: 409, code: 'conflict', current: current_ });
    }
    expect((await order(current_, 'anthropic')).body).toMatchObject({ status: 409, current: [] });
    for (const wrong of ['x', [7], Array.from({ length: 21 }, () => first.id), null]) {
      expect((await order(wrong)).status).toBe(400);
    }
  });

  it('has the label its owner gives it, or none', async () => {
    const { current } = portunus;
    const erna = await current.person('storing-erna');
    const { id } = await store(erna);
    const label = (value: unknown) => erna.put(`/api-keys/${id}/label`, { label: value });
    expect((await label('  the office  ')).body).toMatchObject({ label: 'the office', version: 1 });
    expect((await label(null)).body).toMatchObject({ label: null });
    for (const wrong of ['', '   ', 'x'.repeat(81), 7, undefined])
      expect((await label(wrong)).status).toBe(400);
    expect((await shown(erna, id)).label).toBe(null);
  });
});

const changes: [name: string, method: 'POST' | 'PUT', path: string, body: unknown][] = [
  ['rotate', 'POST', '/rotate', { api_key: canaryKey('openai') }],
  ['rollback', 'POST', '/rollback', undefined],
  ['validate', 'POST', '/validate', undefined],
  ['freeze', 'POST', '/freeze', undefined],
  ['unfreeze', 'POST', '/unfreeze', undefined],
  ['label', 'PUT', '/label', { label: 'mine' }],
];

onEngine('another owner', () => {
  it.each(changes)(
    'is told of a key to %s exactly what is told of one that does not exist',
    async (...args) => {
      const [_name, method, path, body] = args;
      const { current } = portunus;
      const [alice, bob] = [await current.person('other-alice'), await current.person('other-bob')];
      const { id } = await store(alice);
      const before = await rowOf(current, id);
      const send = (keyId: string) =>
        method === 'PUT'
          ? bob.put(`/api-keys/${keyId}${path}`, body)
          : bob.post(`/api-keys/${keyId}${path}`, body);
      const foreign = await send(id);
      expect(foreign.status).toBe(404);
      for (const unknown of [
        `openai_${'A'.repeat(22)}`,
        'openai_short',
        'nonsense',
        `other_${'A'.repeat(22)}`,
      ]) {
        expect(timeless(await send(unknown))).toBe(timeless(foreign));
      }
      expect(await rowOf(current, id)).toEqual(before);
    },
  );

  it('cannot find out by ordering whether a key exists', async () => {
    const { current } = portunus;
    const [alice, bob] = [await current.person('other-alice'), await current.person('other-bob')];
    const { id } = await store(alice);
    const order = (key_id: string) => bob.put('/api-keys/order', { provider: 'openai', key_ids: [key_id] });
    expect(timeless(await order(id))).toBe(timeless(await order(`openai_${'A'.repeat(22)}`)));
  });

  it('needs the scope keys:write', async () => {
    const poor = await portunus.current.person('other-alice', { scopes: ['keys:read'] });
    for (const [, method, path, body] of changes) {
      const url = `/api-keys/openai_${'A'.repeat(22)}${path}`;
      const rejected = await (method === 'PUT' ? poor.put(url, body) : poor.post(url, body));
      expect(rejected.body).toMatchObject({ status: 403, code: 'insufficient_scope' });
    }
    const ordering = await poor.put('/api-keys/order', { provider: 'openai', key_ids: [] });
    expect(ordering.body).toMatchObject({ status: 403, code: 'insufficient_scope' });
  });
});

const prefix = 'sk-proj-zebracrossing';
const hostileKeys: [kind: string, key: unknown][] = [
  ['a line break in it', `${prefix}\nabcdefgh`],
  ['a space in it', `${prefix} abcdefgh`],
  ['a zero byte', `${prefix}\u0000abcdefgh`],
  ['20 kB', prefix + 'a'.repeat(20_000)],
  ['letters of another alphabet', `${prefix}аbсdеfgh`],
  ['half a surrogate pair', `${prefix}\ud800abcdefgh`],
  ['an invisible character', `${prefix}\u200babcdefgh`],
  ['five characters', 'sk-12'],
  ['a header smuggled in', `${prefix}\r\nx-evil: 1`],
  ['no text', { key: prefix }],
];

onEngine('a pasted key with', () => {
  it.each(hostileKeys)(
    '%s is rejected, whether stored or rotated in, and neither sent nor echoed',
    async (...args) => {
      const [, api_key] = args;
      const { current } = portunus;
      const alice = await current.person('pasting-alice');
      const { body } = await alice.get('/api-keys');
      const id = body.keys[0]?.key_id ?? (await store(alice)).id;
      const before = await current.rows('vault');
      const asked = current.provider?.journal().length ?? -1;
      for (const rejected of [
        await alice.post('/api-keys', { provider: 'openai', api_key }),
        await alice.post(`/api-keys/${id}/rotate`, { api_key }),
      ]) {
        expect(rejected.status).toBe(400);
        expect(rejected.text).not.toContain('zebra');
      }
      expect(await current.rows('vault')).toEqual(before);
      expect(current.provider?.journal()).toHaveLength(asked);
    },
  );

  it.each([
    ['a line break at its end', (key: string) => `${key}\r\n`],
    ['a space before it', (key: string) => ` ${key}`],
    ['quotes and Bearer around it', (key: string) => `"Bearer ${key}"`],
  ])('%s is stored without it', async (_what, paste) => {
    const alice = await portunus.current.person('trimming-alice');
    const key = canaryKey('openai');
    const stored = await alice.post('/api-keys', { provider: 'openai', api_key: paste(key) });
    expect([stored.status, stored.body.hint]).toEqual([201, `…${key.slice(-4)}`]);
    expect(portunus.current.provider?.journal().at(-1)?.credential).toBe(key);
  });

  it('an unknown or another provider is rejected', async () => {
    const alice = await portunus.current.person('pasting-alice');
    const { id } = await store(alice);
    const unknown = await alice.post('/api-keys', { provider: 'acme', api_key: canaryKey('openai') });
    expect(unknown.body).toMatchObject({ status: 400, code: 'invalid_input' });
    const other = await alice.post(`/api-keys/${id}/rotate`, { api_key: canaryKey('anthropic') });
    expect(other.body).toMatchObject({ status: 400, code: 'wrong_provider' });
  });
});

const kmsFaults: [kind: string, type: string, code: string][] = [
  ['throttled', 'ThrottlingException', 'kms_unavailable'],
  ['down', 'KMSInternalException', 'kms_unavailable'],
  ['denying us', 'AccessDeniedException', 'kms_denied'],
  ['left without its key', 'DisabledException', 'kms_denied'],
];

onEngine('while KMS is', () => {
  it.each(kmsFaults)(
    '%s, nothing is stored, rotated or opened, and the answer says which',
    async (...args) => {
      const [, type, code] = args;
      const { current } = portunus;
      const alice = await current.person('kms-alice');
      const { body } = await alice.get('/api-keys');
      const id = body.keys[0]?.key_id ?? (await store(alice)).id;
      await setInRow(current, id, 'validation.checkedAt', PAST);
      const before = await current.rows('vault');
      const status = type === 'KMSInternalException' ? 500 : 400;
      for (const failing of ['GenerateMac', 'GenerateDataKey']) {
        const undo = current.awsEndpoint.faults.inject(({ service, operation }) =>
          service === 'kms' && operation === failing
            ? { kind: 'error', status, type, message: 'told to fail' }
            : undefined,
        );
        const api_key = canaryKey('openai');
        for (const rejected of [
          await alice.post('/api-keys', { provider: 'openai', api_key }),
          await alice.post(`/api-keys/${id}/rotate`, { api_key }),
        ]) {
          expect(rejected.body).toMatchObject({ status: 503, code });
          expect(rejected.text).not.toContain('told to fail');
        }
        undo();
      }
      const undo = current.awsEndpoint.faults.inject(({ operation }) =>
        operation === 'Decrypt' ? { kind: 'error', status, type, message: 'told to fail' } : undefined,
      );
      const chats = providerChats(current).length;
      expect((await alice.post(`/api-keys/${id}/validate`, undefined)).body).toMatchObject({
        status: 503,
        code,
      });
      expect((await alice.invoke('ai_chat', say('hello'))).body).toMatchObject({ status: 503, code });
      undo();
      expect(providerChats(current)).toHaveLength(chats);
      expect(await current.rows('vault')).toEqual(before);
      for (const api of ['freeze', 'unfreeze']) {
        expect((await alice.post(`/api-keys/${id}/${api}`, undefined)).status).toBe(200);
      }
    },
  );
});

const lost: [name: string, action: string, path: string][] = [
  ['keys-rotate', 'kms:GenerateDataKey', '/rotate'],
  ['keys-validate', 'kms:Decrypt', '/validate'],
];

onEngine('a function that lost its grant', () => {
  const poor = usePortunus({
    mutate(templates) {
      for (const [name, action] of lost) withoutPermission(name, action)(templates);
    },
  });

  it.each(lost)('%s without %s answers a typed 503 and leaves the key as it was', async (...args) => {
    const [name, , path] = args;
    const { current } = poor;
    const alice = await current.person(name);
    const { id } = await store(alice);
    await setInRow(current, id, 'validation.checkedAt', PAST);
    const before = await current.rows('vault');
    const body = path === '/rotate' ? { api_key: canaryKey('openai') } : undefined;
    const rejected = await alice.post(`/api-keys/${id}${path}`, body);
    expect(rejected.body).toMatchObject({ status: 503, code: 'kms_denied' });
    expect(rejected.text).not.toContain('arn:');
    expect(await current.rows('vault')).toEqual(before);
  });
});
