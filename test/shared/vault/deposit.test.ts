import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import type { ProviderId, OwnerId } from '#shared/core/ids.ts';
import { Secret } from '#shared/core/secret.ts';
import { createKeyDeposit } from '#shared/vault/deposit.ts';
import { rotated } from '#shared/vault/life.ts';
import type { StoredKey } from '#shared/vault/stored-key.ts';
import { tokenSecret, tokensIn } from '#shared/vault/token-set.ts';
import { createUsableKeys } from '#shared/vault/usable-keys.ts';

import { createMemoryKeys } from './memory-keys.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const ownerId = 'u'.repeat(27) as OwnerId;
const provider = 'openai' as ProviderId;
const bytes = Uint8Array.of(1);

function given() {
  const { keys, commit, rows } = createMemoryKeys();
  const steps: string[] = [];
  const { deposit } = createKeyDeposit({
    keys,
    async seal({ version }, { secret, shown = secret, fp }) {
      steps.push('sealed');
      return {
        version,
        blob: bytes,
        wk: bytes,
        wkArn: 'arn',
        wkFp: bytes,
        last4: shown.reveal().slice(-4),
        fp,
      };
    },
    fingerprint: async (secret) => Buffer.from(secret.reveal()),
    now: () => NOW,
  });
  const validate = async () => {
    steps.push('asked');
    return undefined;
  };
  const store = async (text: string, more: object = {}) => {
    const { write } = await deposit({ ownerId, provider, secret: new Secret(text), validate, ...more });
    await commit([write]);
  };
  return { deposit, store, rows, steps, keys };
}

const rejecting = async (): Promise<never> => {
  throw new AppError('key_rejected');
};

describe('a key that is stored', () => {
  it('is stored once: a duplicate is not validated with its provider', async () => {
    const { store, steps, rows } = given();
    await store('sk-one');
    await expect(store('sk-one')).rejects.toMatchObject({ code: 'conflict' });
    expect(steps).toEqual(['asked', 'sealed']);
    expect(rows.size).toBe(1);
  });

  it('is rejected as the eleventh of its provider, without validation', async () => {
    const { store, steps, rows } = given();
    for (let n = 0; n < 10; n += 1) await store(`sk-${n}`);
    steps.splice(0);
    await expect(store('sk-more')).rejects.toMatchObject({ code: 'conflict' });
    expect(steps).toEqual([]);
    await store('other', { provider: 'mistral' as ProviderId });
    expect(rows.size).toBe(11);
  });

  it('is neither sealed nor stored if its provider rejects it', async () => {
    const { store, steps, rows } = given();
    await expect(store('sk-one', { validate: rejecting })).rejects.toMatchObject({ code: 'key_rejected' });
    expect(steps).toEqual([]);
    expect(rows.size).toBe(0);
  });

  it('is the last in its owner’s order', async () => {
    const { store, keys } = given();
    for (const text of ['sk-a', 'sk-b', 'sk-c']) await store(text);
    expect((await keys.list(ownerId)).map(({ last4, order }) => [last4, order])).toEqual([
      ['sk-a', 0],
      ['sk-b', 1],
      ['sk-c', 2],
    ]);
  });
});

describe('a rotation', () => {
  it('takes no value that was sealed as another version than the next', async () => {
    const { store, keys } = given();
    await store('sk-one');
    const [key] = (await keys.list(ownerId)) as [StoredKey];
    for (const version of [1, 3]) {
      expect(() => rotated(key, { ...key, version }, NOW)).toThrow(
        expect.objectContaining({ code: 'conflict' }),
      );
    }
    expect(rotated(key, { ...key, version: 2 }, NOW)).toMatchObject({
      version: 2,
      revision: 2,
      prev: { version: 1 },
    });
  });
});

describe('a renewable credential', () => {
  const tokens = { refreshToken: new Secret('refresh-canary'), tokenUntil: '2026-11-22T13:00:00.000Z' };

  it('shows its provider the access token, and nothing of what renews it', async () => {
    const { store, keys } = given();
    await store('access-token', { tokens });
    const kept = tokenSecret({ accessToken: new Secret('access-token'), ...tokens });
    const use = createUsableKeys({ keys, open: async () => ({ secret: kept, origin: '' }), now: () => NOW });
    const [candidate] = await use.candidates(ownerId);
    expect((await candidate?.open())?.secret.reveal()).toBe('access-token');
    expect(candidate?.renewBy).toBe(Date.parse(tokens.tokenUntil));
  });

  it.each([
    'canary',
    '{"access_token":"canary"}',
    '{"access_token":"a","refresh_token":"b","canary":1}',
    '[]',
  ])('that holds no token set is an integrity failure that quotes nothing: %s', (text) => {
    let thrown: unknown;
    try {
      tokensIn(new Secret(text));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'integrity_failed', details: { reason: 'token_set' } });
    expect(`${JSON.stringify(thrown)} ${String(thrown)}`).not.toContain('canary');
    expect(thrown).not.toHaveProperty('cause');
  });
});
