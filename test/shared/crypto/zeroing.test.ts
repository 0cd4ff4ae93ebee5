// Every key that is derived is zeroed once it has served: seen from where they are derived.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterAll, beforeEach, expect, it } from 'vitest';

import { open, seal } from '#shared/crypto/message.ts';

import { createFakeKms, KEY_ARN } from './fake-kms.ts';

const CONTEXT = { ownerId: 'alice' };
const derived: Uint8Array[] = [];
const original = crypto.hkdfSync;

crypto.hkdfSync = (digest, ikm, salt, info, length) => {
  const bytes = original(digest, ikm, salt, info, length);
  const isKey = Buffer.from(info as Uint8Array).includes('DERIVEKEY');
  if (isKey) derived.push(new Uint8Array(bytes));
  return bytes;
};
syncBuiltinESMExports();

beforeEach(() => derived.splice(0));
afterAll(() => {
  crypto.hkdfSync = original;
  syncBuiltinESMExports();
});

const areZero = () => derived.every((key) => key.every((byte) => byte === 0));

async function sealed() {
  const { wrapper } = createFakeKms();
  const { blob } = await seal({ context: CONTEXT, plaintext: Buffer.from('secret'), wrapper });
  return {
    blob,
    reopen: (bytes: Uint8Array) =>
      open({ blob: bytes, context: CONTEXT, allowedKeyArns: [KEY_ARN], wrapper }),
  };
}

it('the key of a message is zeroed after sealing', async () => {
  await sealed();
  expect(derived).toHaveLength(1);
  expect(areZero()).toBe(true);
});

it('the key of a message is zeroed after opening', async () => {
  const { blob, reopen } = await sealed();
  expect(Buffer.from(await reopen(blob)).toString()).toBe('secret');
  expect(derived).toHaveLength(2);
  expect(areZero()).toBe(true);
});

it.each([
  ['header', 40],
  ['content', -20],
])('the key of a message is zeroed where its %s does not hold', async (_part, at) => {
  const { blob, reopen } = await sealed();
  const broken = Buffer.from(blob);
  // The message id stands in the header and salts the commitment: the header tag is what must fail here.
  const place = at < 0 ? broken.length + at : broken.length - 16 - 6 - 4 - 12 - 8 - 1;
  broken[place]! ^= 1;
  await expect(reopen(broken)).rejects.toMatchObject({ code: 'integrity_failed' });
  expect(derived).toHaveLength(2);
  expect(areZero()).toBe(true);
});
