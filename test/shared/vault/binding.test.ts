import { describe, expect, it } from 'vitest';

import type { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import { Secret } from '#shared/core/secret.ts';
import { createDataKeyCache } from '#shared/crypto/data-key-cache.ts';
import { createSealKey } from '#shared/vault/new-value.ts';
import { createOpenKey } from '#shared/vault/open-key.ts';
import { encryptionContext, type Sealed, type StoredKey, toKeySummary } from '#shared/vault/stored-key.ts';
import { createFakeKms, KEY_ARN } from '#test/shared/crypto/fake-kms.ts';

const owner = {
  ownerId: 'u'.repeat(27) as OwnerId,
  provider: 'openai' as ProviderId,
  kid: 'k'.repeat(22) as Kid,
};
const secret = new Secret('sk-proj-canary-key-abcd');

async function given() {
  const { wrapper, calls } = createFakeKms();
  const seal = createSealKey({ stage: 'prod', wrapper });
  const opener = (stage = 'prod', cache = createDataKeyCache()) =>
    createOpenKey({ stage, wrapper, cache, allowedKeyArns: [KEY_ARN] });
  const value = await seal({ ...owner, version: 2 }, { secret, fp: new Uint8Array(32) });
  return { opener, value, calls };
}

describe('a sealed key', () => {
  it('is bound to application, stage, purpose, owner, provider, id and version', () => {
    expect(encryptionContext('prod', { ...owner, version: 2 })).toEqual({
      app: 'portunus',
      env: 'prod',
      purpose: 'user-api-key',
      ownerId: owner.ownerId,
      provider: 'openai',
      kid: owner.kid,
      version: '2',
    });
  });

  it.each<[string, Partial<typeof owner>, Partial<Sealed>]>([
    ['another owner', { ownerId: 'v'.repeat(27) as OwnerId }, {}],
    ['another provider', { provider: 'mistral' as ProviderId }, {}],
    ['another id', { kid: 'l'.repeat(22) as Kid }, {}],
    ['another version', {}, { version: 3 }],
  ])('does not open in the row of %s, not even where it was opened before', async (_where, row, more) => {
    const { opener, value, calls } = await given();
    const open = opener();
    expect((await open(owner, value)).secret.reveal()).toBe(secret.reveal());
    const before = calls.length;
    const moved = open({ ...owner, ...row }, { ...value, ...more });
    await expect(moved).rejects.toMatchObject({ code: 'integrity_failed' });
    expect(calls).toHaveLength(before); // the key service was not asked about it
  });

  it('does not open on another stage', async () => {
    const { opener, value } = await given();
    await expect(opener('dev')(owner, value)).rejects.toMatchObject({ code: 'integrity_failed' });
  });
});

describe('the summary of a key', () => {
  it('shows the last four characters and nothing else of it', async () => {
    const { value } = await given();
    const key: StoredKey = {
      ...owner,
      ...value,
      fmt: 1,
      prev: { ...value, version: 1, last4: 'wxyz', until: '2026-11-22T12:00:00.000Z' },
      status: 'active',
      kind: 'api_key',
      order: 0,
      createdAt: '2026-11-22T11:00:00.000Z',
      revision: 1,
    };
    expect(toKeySummary(key, Date.UTC(2026, 10, 22, 11, 30))).toEqual({
      key_id: `openai_${owner.kid}`,
      provider: 'openai',
      hint: '…abcd',
      label: null,
      status: 'active',
      version: 2,
      order: 0,
      created_at: '2026-11-22T11:00:00.000Z',
      rotated_at: null,
      expires_at: null,
      previous_until: '2026-11-22T12:00:00.000Z',
      validation: null,
    });
  });
});
