import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import type { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';
import { createInvalidation, type Mark } from '#shared/vault/invalidate.ts';
import type { KeyStore, StoredKey } from '#shared/vault/stored-key.ts';

const bytes = new Uint8Array(1);
const key: StoredKey = {
  fmt: 1,
  ownerId: 'u'.repeat(27) as OwnerId,
  provider: 'openai' as ProviderId,
  kid: 'k'.repeat(22) as Kid,
  version: 3,
  blob: bytes,
  wk: bytes,
  wkArn: 'arn',
  wkFp: bytes,
  last4: 'abcd',
  fp: bytes,
  status: 'active',
  kind: 'api_key',
  order: 0,
  createdAt: '2026-01-01T00:00:00Z',
  revision: 7,
};

const no = () => {
  throw new Error('not asked for');
};

/** One row, written under the condition that the table holds it to. */
function tableWith(first: StoredKey) {
  let row = first;
  const told: string[] = [];
  const keys: KeyStore = {
    list: async () => [row],
    find: no,
    insert: no,
    remove: no,
    replace: (item): Write => ({ item, rejected: () => new AppError('conflict') }),
  };
  const invalidate = createInvalidation({
    keys,
    now: () => 0,
    async commit({ last4 }, { item, rejected }) {
      const next = item as StoredKey;
      if (next.revision !== row.revision + 1) throw rejected();
      row = next;
      told.push(last4);
    },
  });
  const mark = (as: Mark = 'invalid', version = first.version) => invalidate({ ...first, version }, as);
  return { mark, told, row: () => row };
}

describe('marking a rejected key', () => {
  it('is done once by a hundred calls that meet the rejection together', async () => {
    const { mark, told, row } = tableWith(key);
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => mark()));
    expect(told).toEqual(['abcd']);
    expect(row()).toMatchObject({ status: 'invalid', revision: 8, validation: { outcome: 'rejected' } });
    const lost = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as AppError] : [],
    );
    expect(new Set(lost.map(({ code }) => code))).toEqual(new Set(['conflict']));
    await mark();
    expect(told).toHaveLength(1);
  });

  it('does not change a key that was rotated or is not in use', async () => {
    const rotated = tableWith(key);
    await rotated.mark('invalid', 2);
    const frozen = tableWith({ ...key, status: 'frozen' });
    await frozen.mark();
    expect([rotated.row().status, frozen.row().status]).toEqual(['active', 'frozen']);
    expect([...rotated.told, ...frozen.told]).toEqual([]);
  });

  it('keeps a doubtful key in use with one notice, and raises another when it becomes invalid', async () => {
    const { mark, told, row } = tableWith(key);
    await mark('doubtful');
    await mark('doubtful');
    expect(row()).toMatchObject({ status: 'active', validation: { outcome: 'rejected' } });
    expect(told).toHaveLength(1);
    await mark('invalid');
    expect(row().status).toBe('invalid');
    expect(told).toHaveLength(2);
  });
});
