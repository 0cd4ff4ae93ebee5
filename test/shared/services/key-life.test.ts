// Use cases that store, rotate and validate keys, over the vault in memory.
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';

import { deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { Write } from '#shared/core/write.ts';
import { createDataKeyCache } from '#shared/crypto/data-key-cache.ts';
import { createCheckStoredKey } from '#shared/services/key-check.ts';
import { createConnectKey } from '#shared/services/key-connect.ts';
import { createDepositKey } from '#shared/services/key-deposit.ts';
import { createRotateStoredKey } from '#shared/services/key-rotation.ts';
import { createKeyValidation } from '#shared/services/key-validation.ts';
import { ConnectKeyBody, RotateKeyBody, StoreKeyBody } from '#shared/vault/api.ts';
import { createKeyDeposit } from '#shared/vault/deposit.ts';
import { createSealKey } from '#shared/vault/new-value.ts';
import { createOpenKey } from '#shared/vault/open-key.ts';
import { createRotateKey } from '#shared/vault/rotate.ts';
import type { Validation } from '#shared/vault/stored-key.ts';
import { tokensIn } from '#shared/vault/token-set.ts';
import { createFakeKms, KEY_ARN } from '#test/shared/crypto/fake-kms.ts';
import { createMemoryKeys } from '#test/shared/vault/memory-keys.ts';
import { principalNamed } from '#test/support/callers.ts';
import { createMemoryAudit } from '#test/support/memory-audit.ts';

const NOW = Date.UTC(2026, 10, 28);
const KEY = `sk-proj-${'a'.repeat(40)}`;
const NEXT_KEY = `sk-proj-${'b'.repeat(40)}`;
const alice = principalNamed('alice');
const admin = principalNamed('root', { roles: ['admin'] });

function given(outcome: Validation['outcome'] = 'valid') {
  const clock = { now: NOW };
  const now = () => clock.now;
  const { keys, commit: commitKeys, rows } = createMemoryKeys();
  const memory = createMemoryAudit(commitKeys);
  const { audit, notices } = memory;
  const steps: string[] = [];
  const state = { outcome };
  const validation = createKeyValidation({
    audit,
    askProvider: async ({ facts, secret, origin }) => {
      steps.push(`${facts.id} ${origin} ${secret.reveal().slice(-4)}`);
      return { outcome: state.outcome, checkedAt: new Date(now()).toISOString() };
    },
  });
  const { wrapper } = createFakeKms();
  const open = createOpenKey({
    stage: 'test',
    wrapper,
    allowedKeyArns: [KEY_ARN],
    cache: createDataKeyCache({ now }),
  });
  const writing = {
    keys,
    now,
    seal: createSealKey({ stage: 'test', wrapper }),
    fingerprint: async (secret: Secret) => createHmac('sha256', 'mac').update(secret.reveal()).digest(),
  };
  const call = { requestId: 'r1', deadline: deadlineIn(10_000, now), claim: () => [] as readonly Write[] };
  const { deposit } = createKeyDeposit(writing);
  const depositKey = createDepositKey({ deposit, validation, audit, notices, origins: {} });
  const rotateKey = createRotateStoredKey({ rotate: createRotateKey(writing), validation, origins: {} });
  const check = createCheckStoredKey({ keys, open, validation, now });
  const connect = createConnectKey({
    deposit,
    validation,
    endpoints: { openai: { url: 'https://auth.openai.example/token', client_id: 'c' } },
    checkUrl(url) {
      if (url.includes('internal')) throw new AppError('egress_refused');
    },
    now,
  });
  const used: string[] = [];
  return {
    ...memory,
    clock,
    state,
    steps,
    used,
    open,
    stored: () => [...rows.values()],
    store: async (body: object = {}, caller = alice) => {
      const parsed = StoreKeyBody.parse({ provider: 'openai', api_key: KEY, ...body });
      const made = await depositKey(caller, parsed, call);
      await memory.commit(made.writes);
      return made;
    },
    connect: async (body: object) => {
      const made = await connect(alice, ConnectKeyBody.parse(body), call);
      await memory.commit(made.writes);
      return made;
    },
    rotate: async (keyId: string, body: object = {}) => {
      const made = await rotateKey(
        alice,
        { keyId, body: RotateKeyBody.parse({ api_key: NEXT_KEY, ...body }) },
        call,
      );
      await memory.commit(made.writes);
      return made;
    },
    check: async (keyId: string, caller = alice) => {
      const made = await check(caller, keyId, { ...call, onUse: ({ kid }) => void used.push(kid) });
      await memory.commit(made.writes);
      return made;
    },
  };
}

const pathsOf = (error: unknown) =>
  error instanceof AppError ? (error.details.issues ?? []).map(({ path }) => path) : [];
const rejected = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a key that is stored', () => {
  it('is validated after the record of the attempt, and before anything is stored', async () => {
    const { store, told, steps, stored } = given();
    const { message, summary } = await store();
    expect(told()).toEqual(['key.validated attempted']);
    expect(steps).toEqual(['openai  aaaa']);
    expect(message).toBe('Your OpenAI key is stored. OpenAI accepts the key.');
    expect(summary).toMatchObject({ provider: 'openai', hint: '…aaaa', validation: { outcome: 'valid' } });
    expect(stored()).toHaveLength(1);
  });

  it('is not stored if its provider rejects it', async () => {
    const { store, stored } = given('rejected');
    await expect(store()).rejects.toMatchObject({ code: 'key_rejected' });
    expect(stored()).toEqual([]);
  });

  it('is stored unchecked if its provider is unreachable, and the message says so', async () => {
    const { message } = await given('unreachable').store();
    expect(message).toBe('Your OpenAI key is stored. The key has not been checked with OpenAI yet.');
  });

  it('of registered tools needs an origin, and is not validated', async () => {
    const { store, steps } = given();
    expect(pathsOf(await rejected(store({ provider: 'x-crm' })))).toEqual(['body.origin']);
    expect(pathsOf(await rejected(store({ origin: 'https://crm.example' })))).toEqual(['body.origin']);
    await store({ provider: 'x-crm', api_key: 'any-secret-text-of-it', origin: 'https://crm.example' });
    expect(steps).toEqual([]);
  });
});

describe('a key for another user', () => {
  it('is rejected unless an admin stores it', async () => {
    const { store } = given();
    await expect(store({ user_id: 'alice' }, principalNamed('bob'))).rejects.toMatchObject({
      code: 'forbidden',
    });
    const narrow = { ...admin, scopes: ['keys:write'] as const };
    await expect(store({ user_id: 'alice' }, narrow)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it("is the owner's, with a record in their trail and a notice of the last four characters", async () => {
    const { store, drafts, raised, stored } = given();
    const { onBehalf, message, summary } = await store({ user_id: 'alice' }, admin);
    expect([onBehalf, stored()[0]?.ownerId]).toEqual([alice.ownerId, alice.ownerId]);
    expect(message).toMatch(/^The OpenAI key is stored/);
    expect(drafts).toContainEqual(
      expect.objectContaining({
        ownerId: alice.ownerId,
        act: 'key.stored',
        meta: { provider: 'openai', by: admin.ownerId },
      }),
    );
    expect(raised).toMatchObject([{ kind: 'key_stored_by_admin', subject: summary.key_id }]);
    expect(raised[0]?.text).toContain('…aaaa');
  });

  it('has no destination of the choice of the admin', async () => {
    const { store } = given();
    const more = { user_id: 'alice', provider: 'x-crm', origin: 'https://evil.example' };
    expect(pathsOf(await rejected(store(more, admin)))).toEqual(['body.origin']);
    expect(pathsOf(await rejected(store({ user_id: 'alice', provider: 'x-crm' }, admin)))).toEqual([
      'body.provider',
    ]);
  });
});

describe('a rotation', () => {
  it('validates the new value and keeps the old one for the grace period', async () => {
    const { store, rotate, steps, stored } = given();
    const { summary } = await store();
    expect(await rotate(summary.key_id)).toMatchObject({
      message: 'The key was rotated. OpenAI accepts the key.',
    });
    expect(steps.at(-1)).toBe('openai  bbbb');
    expect(stored()[0]).toMatchObject({ version: 2, last4: 'bbbb', prev: { version: 1, last4: 'aaaa' } });
  });

  it('changes nothing if the new value is rejected', async () => {
    const { store, rotate, state, stored } = given();
    const { summary } = await store();
    state.outcome = 'rejected';
    await expect(rotate(summary.key_id)).rejects.toMatchObject({ code: 'key_rejected' });
    expect(stored()[0]).toMatchObject({ version: 1, revision: 1 });
  });

  it.each([
    ['an unknown key', `openai_${'z'.repeat(22)}`, 'not_found'],
    ['an id that is none', 'any', 'not_found'],
    ['a key for registered tools', `x-crm_${'z'.repeat(22)}`, 'conflict'],
  ])('of %s is rejected', async (_name, keyId, code) => {
    await expect(given().rotate(keyId)).rejects.toMatchObject({ code });
  });
});

describe('a validation of a stored key', () => {
  it('records the attempt, counts the key as used, and stores the outcome', async () => {
    const { store, check, clock, used, told } = given();
    const { summary } = await store();
    clock.now += 61_000;
    expect(await check(summary.key_id)).toMatchObject({ outcome: 'valid', cached: false });
    expect(used).toEqual([summary.key_id.slice('openai_'.length)]);
    expect(told()).toEqual(['key.validated attempted', 'key.validated attempted']);
  });

  it('within a minute of the last one calls no provider and decrypts nothing', async () => {
    const { store, check, steps, used } = given();
    const { summary } = await store();
    expect(await check(summary.key_id)).toMatchObject({ outcome: 'valid', cached: true });
    expect([steps.length, used]).toEqual([1, []]);
  });

  it('of a rejected key is possible, of a frozen or expired one is not', async () => {
    const { store, check, clock, state, stored } = given();
    const { summary } = await store({ expires_at: '2026-12-28T00:00:00.000Z' });
    clock.now += 61_000;
    state.outcome = 'rejected';
    await check(summary.key_id);
    expect(stored()[0]?.status).toBe('invalid');
    clock.now += 61_000;
    state.outcome = 'valid';
    expect(await check(summary.key_id)).toMatchObject({ outcome: 'valid', summary: { status: 'active' } });
    clock.now = Date.UTC(2027, 0);
    await expect(check(summary.key_id)).rejects.toMatchObject({ code: 'key_expired' });
  });

  it('of the key of another owner is one of an unknown key', async () => {
    const { store, check } = given();
    const { summary } = await store();
    await expect(check(summary.key_id, principalNamed('bob'))).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a credential that renews itself', () => {
  const tokens = {
    access_token: 'access-token-number-1',
    refresh_token: 'refresh-token-number-1',
    expires_in: 3600,
  };
  const own = {
    origin: 'https://crm.example',
    token_endpoint: 'https://auth.crm.example/token',
    client_id: 'client',
  };

  it('of a provider is validated and sealed with its refresh token', async () => {
    const { connect, steps, stored, open } = given();
    await connect({ provider: 'openai', ...tokens });
    expect(steps).toEqual(['openai  er-1']);
    const [key] = stored();
    expect(key).toMatchObject({ kind: 'oauth', tokenUntil: '2026-11-28T01:00:00.000Z' });
    const { secret } = key ? await open(key, key) : { secret: undefined };
    expect(secret && tokensIn(secret).refreshToken.reveal()).toBe('refresh-token-number-1');
  });

  it('is rejected if the stage knows no token endpoint of its provider', async () => {
    await expect(given().connect({ provider: 'anthropic', ...tokens })).rejects.toMatchObject({
      code: 'invalid_input',
      details: { issues: [{ path: 'provider' }] },
    });
  });

  it('of registered tools names its origin, token endpoint and client, and is not validated', async () => {
    const { connect, steps } = given();
    const missing = await rejected(connect({ provider: 'x-crm', ...tokens }));
    expect(pathsOf(missing)).toEqual(['body.origin', 'body.token_endpoint', 'body.client_id']);
    await connect({ provider: 'x-crm', ...tokens, ...own });
    expect(steps).toEqual([]);
  });

  it('of registered tools has a token endpoint that may be called', async () => {
    const { connect } = given();
    const inside = { ...own, token_endpoint: 'https://internal.example/token' };
    await expect(connect({ provider: 'x-crm', ...tokens, ...inside })).rejects.toMatchObject({
      code: 'egress_refused',
    });
  });
});
