import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import { keyIdOf, type Kid, type ProviderId, type OwnerId } from '#shared/core/ids.ts';
import { Secret } from '#shared/core/secret.ts';
import { createCheckKey } from '#shared/vault/check.ts';
import type { StoredKey, Validation } from '#shared/vault/stored-key.ts';

import { createMemoryKeys } from './memory-keys.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const bytes = Uint8Array.of(1);
const owner = {
  ownerId: 'u'.repeat(27) as OwnerId,
  provider: 'openai' as ProviderId,
  kid: 'k'.repeat(22) as Kid,
};
const stored: StoredKey = {
  ...owner,
  fmt: 1,
  version: 1,
  blob: bytes,
  wk: bytes,
  wkArn: 'arn',
  wkFp: bytes,
  fp: bytes,
  last4: 'abcd',
  status: 'active',
  kind: 'api_key',
  order: 0,
  createdAt: '2026-11-22T11:00:00.000Z',
  revision: 1,
};
const validationAt = (ms: number): Validation => ({
  outcome: 'valid',
  checkedAt: new Date(ms).toISOString(),
});

async function given(changes: Partial<StoredKey> = {}, fault?: AppError) {
  const { keys, commit } = createMemoryKeys();
  await commit([keys.insert({ ...stored, ...changes })]);
  const steps: string[] = [];
  const check = createCheckKey({
    keys,
    async open() {
      steps.push('opened');
      return { secret: new Secret('x'), origin: '' };
    },
    now: () => NOW,
  });
  const run = () =>
    check(
      { ownerId: owner.ownerId, keyId: keyIdOf(owner.provider, owner.kid) },
      {
        admit: () => void steps.push('admitted'),
        async attempt() {
          if (fault) throw fault;
          steps.push('recorded');
        },
        async ask() {
          steps.push('asked');
          return validationAt(NOW);
        },
      },
    );
  return { run, steps };
}

describe('a stored key that is validated with its provider', () => {
  it('is recorded before it is opened, and opened before it is asked about', async () => {
    const { run, steps } = await given();
    expect(await run()).toMatchObject({ outcome: 'valid', cached: false });
    expect(steps).toEqual(['admitted', 'recorded', 'opened', 'asked']);
  });

  it('is neither decrypted nor validated if the attempt cannot be recorded', async () => {
    const { run, steps } = await given({}, new AppError('unavailable'));
    await expect(run()).rejects.toMatchObject({ code: 'unavailable' });
    expect(steps).toEqual(['admitted']);
  });

  it.each([
    ['59,999 ms ago', NOW - 59_999, true],
    ['a minute ago', NOW - 60_000, false],
    ['in the future, by another clock', NOW + 1, false],
  ])('is answered from a result cached %s, or validated again', async (_when, ms, cached) => {
    const { run, steps } = await given({ validation: validationAt(ms) });
    expect(await run()).toMatchObject({ cached });
    expect(steps.includes('asked')).toBe(!cached);
  });

  it('is not validated if it is renewed automatically', async () => {
    const { run, steps } = await given({ kind: 'oauth' });
    await expect(run()).rejects.toMatchObject({ code: 'conflict' });
    expect(steps).toEqual([]);
  });
});
