import { expect, it } from 'vitest';

import { deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import { Secret } from '#shared/core/secret.ts';
import { createRenewal, type Leases, type RenewalTrail } from '#shared/vault/renewal.ts';
import type { KeyStore, StoredKey } from '#shared/vault/stored-key.ts';
import { type Refreshed, tokenRenewal } from '#shared/vault/token-renewal.ts';

import { memoryLeases } from './memory-leases.ts';

const bytes = new Uint8Array(1);
const owner = {
  ownerId: 'u'.repeat(27) as OwnerId,
  provider: 'openai' as ProviderId,
  kid: 'k'.repeat(22) as Kid,
};
const sealed = { blob: bytes, wk: bytes, wkArn: 'arn', wkFp: bytes, fp: bytes };
const stored: StoredKey = {
  ...owner,
  ...sealed,
  fmt: 1,
  version: 1,
  last4: 'aaaa',
  status: 'active',
  kind: 'oauth',
  tokenUntil: '2026-01-01T00:00:00.000Z',
  order: 0,
  createdAt: '2026-01-01T00:00:00Z',
  revision: 1,
};
const NOW = Date.UTC(2026, 0, 2);
const fresh: Refreshed = { kind: 'refreshed', accessToken: new Secret('access-bbbb'), lifeSeconds: 60 };
const no = () => {
  throw new Error('not asked for');
};

/** One row, one lease, and a provider that answers as it is told. */
function world(refreshed: Refreshed = fresh) {
  const told: string[] = [];
  const sealedTexts: string[] = [];
  const state = { row: stored as StoredKey | undefined, now: NOW, beforeWrite: () => {} };
  const keys: KeyStore = {
    list: async () => (state.row ? [state.row] : []),
    find: no,
    insert: no,
    remove: no,
    replace: (item) => ({ item, rejected: () => new AppError('conflict') }),
  };
  const memory = memoryLeases(() => state.now);
  const leaseSeconds: number[] = [];
  const leases: Leases = {
    take: (name, seconds) => {
      leaseSeconds.push(seconds);
      return memory.take(name, seconds);
    },
  };
  const toldWhenOpened: string[][] = [];
  const trail: RenewalTrail = {
    attempt: async () => void told.push('attempt'),
    async commit(next, { rejected }) {
      state.beforeWrite();
      if (next.revision !== (state.row?.revision ?? 0) + 1) throw rejected();
      state.row = next;
      told.push('renewed');
    },
    failed: async (_key, outcome) => void told.push(outcome),
  };
  const renewal = createRenewal({
    keys,
    leases,
    async open() {
      toldWhenOpened.push([...told]);
      const secret = new Secret(
        JSON.stringify({ access_token: 'access-aaaa', refresh_token: 'refresh-aaaa' }),
      );
      return { secret, origin: '' };
    },
    async seal({ version }, { secret, shown = secret }) {
      sealedTexts.push(secret.reveal());
      return { ...sealed, version, last4: shown.reveal().slice(-4) };
    },
    fingerprint: async () => bytes,
    askNext: tokenRenewal(async () => {
      told.push('refresh');
      return refreshed;
    }),
    isLost: (error) => error instanceof AppError && error.code === 'conflict',
    now: () => state.now,
    sleep: async () => {},
  });
  const renew = ({ wait = true, version = 1 } = {}) =>
    renewal({ ...owner, version }, { deadline: deadlineIn(60_000), wait, trail });
  /** Another call renews the same key. */
  const hold = () => leases.take(`RENEW#${owner.ownerId}#${owner.kid}`, 30);
  return { state, told, sealedTexts, renew, hold, toldWhenOpened, leaseSeconds };
}

it('records, refreshes and stores the next version; the hint is the access token’s', async () => {
  const { state, told, sealedTexts, renew, hold } = world();
  expect(await renew()).toBe('renewed');
  expect(told).toEqual(['attempt', 'refresh', 'renewed']);
  expect(state.row).toMatchObject({
    version: 2,
    revision: 2,
    last4: 'bbbb',
    tokenUntil: '2026-01-02T00:01:00.000Z',
  });
  expect(await hold()).toHaveProperty('release');
  // A provider that sends no new refresh token lets the old one go on.
  expect(sealedTexts.map((text) => JSON.parse(text))).toEqual([
    { access_token: 'access-bbbb', refresh_token: 'refresh-aaaa' },
  ]);
});

it('refreshes once for a hundred calls at the same time', async () => {
  const { told, renew } = world();
  const results = await Promise.all(Array.from({ length: 100 }, () => renew()));
  expect(new Set(results)).toEqual(new Set(['renewed']));
  expect(told.filter((what) => what === 'refresh')).toHaveLength(1);
});

it('does not refresh a credential that was renewed before the lease was acquired', async () => {
  const { told, state, renew } = world();
  state.row = { ...stored, version: 2, revision: 2 };
  expect(await renew()).toBe('renewed');
  expect(told).toEqual([]);
});

it('keeps new tokens and a label that was given at the same moment', async () => {
  const { state, renew } = world();
  let first = true;
  state.beforeWrite = () => {
    if (first && state.row) state.row = { ...state.row, label: 'mine', revision: state.row.revision + 1 };
    first = false;
  };
  expect(await renew()).toBe('renewed');
  expect(state.row).toMatchObject({ version: 2, revision: 3, label: 'mine', last4: 'bbbb' });
});

it('records the attempt before the key is opened, once', async () => {
  const { renew, toldWhenOpened } = world();
  await renew();
  expect(toldWhenOpened).toEqual([['attempt']]);
});

it('holds its lease for 30 seconds, longer than a token endpoint may take', async () => {
  const { renew, leaseSeconds } = world();
  await renew();
  expect(leaseSeconds).toEqual([30]);
});

it('does not replace a value that its owner stored concurrently', async () => {
  const { state, renew } = world();
  const own = { ...stored, version: 2, revision: 2, last4: 'own!' };
  state.beforeWrite = () => {
    state.row = own;
  };
  await renew();
  expect(state.row).toBe(own);
});

it('does not restore a deleted key', async () => {
  const { state, renew } = world();
  state.beforeWrite = () => {
    state.row = undefined;
  };
  await renew();
  expect(state.row).toBeUndefined();
});

it.each(['refused', 'failed'] as const)(
  'leaves the row as it is when renewal is %s, and rests',
  async (kind) => {
    const { state, told, renew } = world({ kind });
    expect(await renew()).toBe(kind);
    expect(state.row).toBe(stored);
    expect(told).toEqual(['attempt', 'refresh', kind]);
    state.now += 59_999;
    expect(await renew()).toBe('failed');
    expect(told).toHaveLength(3);
    state.now += 1;
    expect(await renew()).toBe(kind);
    expect(told).toHaveLength(6);
  },
);

it('waits for another holder only on request', async () => {
  const { told, renew, hold } = world();
  await hold();
  expect(await renew({ wait: false })).toBe('busy');
  expect(await renew({ wait: true })).toBe('busy');
  expect(told).toEqual([]);
});
