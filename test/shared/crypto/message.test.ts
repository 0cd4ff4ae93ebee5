import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import { createDataKeyCache } from '#shared/crypto/data-key-cache.ts';
import {
  FRAME_IV,
  frameBytes,
  HEADER_IV,
  headerBytes,
  messageBytes,
  parseMessage,
} from '#shared/crypto/message-format.ts';
import { open, seal } from '#shared/crypto/message.ts';

import { createFakeKms, KEY_ARN, OTHER_ARN } from './fake-kms.ts';

const CONTEXT = {
  app: 'portunus',
  env: 'test',
  purpose: 'user-api-key',
  ownerId: 'u'.repeat(27),
  provider: 'openai',
  kid: 'k'.repeat(22),
  version: '1',
};
const SECRET = Buffer.from('sk-canary-0123456789abcdef'.padEnd(512, '\0'));
const allowedKeyArns = [KEY_ARN];

async function given(context: Record<string, string> = CONTEXT) {
  const kms = createFakeKms();
  const sealed = await seal({ context, plaintext: SECRET, wrapper: kms.wrapper });
  kms.calls.length = 0;
  const reopen = (blob: Uint8Array, asked: Record<string, string> = context) =>
    open({ blob, context: asked, allowedKeyArns, wrapper: kms.wrapper });
  return { kms, sealed, reopen };
}

const reasonOf = (error: unknown) =>
  error instanceof AppError && error.code === 'integrity_failed' ? error.details['reason'] : error;

it('gives back what was sealed', async () => {
  const { sealed, reopen } = await given();
  expect(Buffer.from(await reopen(sealed.blob)).equals(SECRET)).toBe(true);
});

it('seals anything up to one frame and no more', async () => {
  const { wrapper } = createFakeKms();
  for (const length of [0, 1, 511, 4096]) {
    const plaintext = randomBytes(length);
    const { blob } = await seal({ context: CONTEXT, plaintext, wrapper });
    const opened = await open({ blob, context: CONTEXT, allowedKeyArns, wrapper });
    expect(Buffer.from(opened).equals(plaintext)).toBe(true);
  }
  await expect(seal({ context: CONTEXT, plaintext: randomBytes(4097), wrapper })).rejects.toThrow('4096');
});

it('never writes the same message twice', async () => {
  const { wrapper } = createFakeKms();
  const blobs = await Promise.all(
    Array.from({ length: 20 }, () => seal({ context: CONTEXT, plaintext: SECRET, wrapper })),
  );
  expect(new Set(blobs.map(({ blob }) => Buffer.from(blob).toString('hex'))).size).toBe(20);
});

it('zeroes every data key it was handed', async () => {
  const { kms, sealed, reopen } = await given();
  await reopen(sealed.blob);
  const broken = Buffer.from(sealed.blob);
  broken[broken.length - 1]! ^= 1;
  await expect(reopen(broken)).rejects.toThrow(AppError);
  expect(kms.handedOut).toHaveLength(3);
  expect(kms.handedOut.every((key) => key.every((byte) => byte === 0))).toBe(true);
});

it('rejects every single-bit flip', async () => {
  const { sealed, reopen } = await given();
  const blob = Buffer.from(sealed.blob);
  const accepted: number[] = [];
  for (let bit = 0; bit < blob.length * 8; bit += 1) {
    blob[bit >> 3]! ^= 1 << (bit & 7);
    await reopen(blob).then(
      () => accepted.push(bit),
      () => undefined,
    );
    blob[bit >> 3]! ^= 1 << (bit & 7);
  }
  expect(accepted).toEqual([]);
  await expect(reopen(blob)).resolves.toHaveLength(512);
});

it('rejects every truncation and extension before the key service is asked', async () => {
  const { kms, sealed, reopen } = await given();
  const longer = [Buffer.from([0]), randomBytes(1), randomBytes(16), sealed.blob];
  const mutants = [
    ...Array.from(sealed.blob, (_, length) => sealed.blob.slice(0, length)),
    ...Array.from(sealed.blob, (_, from) => sealed.blob.slice(from + 1)),
    ...longer.map((tail) => Buffer.concat([sealed.blob, tail])),
    ...longer.map((head) => Buffer.concat([head, sealed.blob])),
  ];
  const verdicts = await Promise.all(mutants.map((blob) => reopen(blob).then(() => 'accepted', reasonOf)));
  expect(new Set(verdicts)).toEqual(new Set(['format']));
  expect(kms.calls).toEqual([]);
});

it.each([
  ['another owner', { ...CONTEXT, ownerId: 'v'.repeat(27) }],
  ['another provider', { ...CONTEXT, provider: 'anthropic' }],
  ['another key', { ...CONTEXT, kid: 'l'.repeat(22) }],
  ['a later version', { ...CONTEXT, version: '2' }],
  ['another stage', { ...CONTEXT, env: 'prod' }],
  ['one field more', { ...CONTEXT, more: 'x' }],
  ['one field less', { app: 'portunus' }],
])('rejects a message found in the place of %s before the key service is asked', async (_place, context) => {
  const { kms, sealed, reopen } = await given();
  expect(await reopen(sealed.blob, context).catch(reasonOf)).toBe('context');
  expect(kms.calls).toEqual([]);
});

it('takes a context in any order of its fields', async () => {
  const { sealed, reopen } = await given();
  const reversed = Object.fromEntries(Object.entries(CONTEXT).toReversed());
  await expect(reopen(sealed.blob, reversed)).resolves.toHaveLength(512);
});

it.each([
  ['no pair', {}],
  ['17 pairs', Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, 'v']))],
  ['an empty value', { app: '' }],
  ['a value beyond ASCII', { app: 'pörtunus' }],
  ['a value with a space', { app: 'a b' }],
  ['a name of the Encryption SDK', { 'aws-crypto-public-key': 'x' }],
])('does not seal under a context with %s', async (_what, context) => {
  const { wrapper, calls } = createFakeKms();
  await expect(seal({ context, plaintext: SECRET, wrapper })).rejects.toThrow(TypeError);
  expect(calls).toEqual([]);
});

it('does not call KMS for a master key that is not on the list', async () => {
  const { kms, sealed } = await given();
  const request = { blob: sealed.blob, context: CONTEXT, allowedKeyArns: [OTHER_ARN], wrapper: kms.wrapper };
  expect(await open(request).catch(reasonOf)).toBe('key_arn');
  expect(kms.calls).toEqual([]);
});

it('passes errors of KMS through', async () => {
  const { kms, sealed } = await given();
  const throttled = new Error('ThrottlingException');
  const wrapper = { ...kms.wrapper, unwrap: () => Promise.reject(throttled) };
  await expect(open({ blob: sealed.blob, context: CONTEXT, allowedKeyArns, wrapper })).rejects.toBe(
    throttled,
  );
});

it('opens with the live wrapped key after the record moved to another master key', async () => {
  const { kms, sealed } = await given();
  const dataKey = await kms.wrapper.unwrap({ wrapped: sealed.wrappedKey, keyArn: KEY_ARN, context: CONTEXT });
  const next = createFakeKms(OTHER_ARN);
  const wrappedKey = { wrapped: next.wrap(dataKey, CONTEXT), keyArn: OTHER_ARN };
  const request = { blob: sealed.blob, context: CONTEXT, wrapper: next.wrapper, wrappedKey };
  const opened = await open({ ...request, allowedKeyArns: [OTHER_ARN] });
  expect(Buffer.from(opened).equals(SECRET)).toBe(true);
  expect(await open({ ...request, allowedKeyArns }).catch(reasonOf)).toBe('key_arn');
});

it('rejects a foreign wrapped key, even one of the right context, by its commitment', async () => {
  const { kms, sealed } = await given();
  const foreign = await kms.wrapper.generate(CONTEXT);
  const wrappedKey = { wrapped: foreign.wrapped, keyArn: KEY_ARN };
  const request = { blob: sealed.blob, context: CONTEXT, allowedKeyArns, wrapper: kms.wrapper, wrappedKey };
  expect(await open(request).catch(reasonOf)).toBe('commitment');
});

it('rejects a data key of another length', async () => {
  const { kms, sealed } = await given();
  const wrapper = { ...kms.wrapper, unwrap: async () => new Uint8Array(16) };
  expect(await open({ blob: sealed.blob, context: CONTEXT, allowedKeyArns, wrapper }).catch(reasonOf)).toBe(
    'data_key',
  );
});

it('rejects a message built to open under a second key, although both tags hold for it', async () => {
  // A salamander needs one ciphertext whose tags fit two keys; whatever the tags, the commitment fits one key
  // only.
  const { kms, sealed } = await given();
  const message = parseMessage(sealed.blob);
  const second = await kms.wrapper.generate(CONTEXT);
  const info = Buffer.concat([Buffer.from('0478', 'hex'), Buffer.from('DERIVEKEY')]);
  const key = new Uint8Array(hkdfSync('sha512', second.plaintext, message.messageId, info, 32));
  const header = headerBytes({ ...message, wrapped: second.wrapped });
  const tagOf = (iv: Uint8Array, covers: Uint8Array, plaintext: Uint8Array) => {
    const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
    cipher.setAAD(covers);
    const bytes = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    return { bytes, tag: cipher.getAuthTag() };
  };
  const { tag: headerTag } = tagOf(HEADER_IV, header, Buffer.alloc(0));
  const { bytes: ciphertext, tag } = tagOf(FRAME_IV, frameBytes(message.messageId, SECRET.length), SECRET);
  const decipher = createDecipheriv('aes-256-gcm', key, FRAME_IV, { authTagLength: 16 });
  decipher.setAAD(frameBytes(message.messageId, SECRET.length));
  decipher.setAuthTag(tag);
  decipher.update(ciphertext);
  expect(() => decipher.final()).not.toThrow(); // the attack is real: both tags do hold under the second key
  const blob = messageBytes({ header, headerTag, ciphertext, tag });
  expect(await open({ blob, context: CONTEXT, allowedKeyArns, wrapper: kms.wrapper }).catch(reasonOf)).toBe(
    'commitment',
  );
});

it('calls KMS once for many cached uses, and still checks every tag', async () => {
  const { kms, sealed } = await given();
  const keys = createDataKeyCache();
  const request = { blob: sealed.blob, context: CONTEXT, allowedKeyArns, wrapper: kms.wrapper, keys };
  for (let use = 0; use < 5; use += 1) await expect(open(request)).resolves.toHaveLength(512);
  expect(kms.calls).toEqual(['unwrap']);
  const broken = Buffer.from(sealed.blob);
  broken[broken.length - 20]! ^= 1;
  expect(await open({ ...request, blob: broken }).catch(reasonOf)).toBe('tag');
  expect(await open({ ...request, context: { ...CONTEXT, version: '2' } }).catch(reasonOf)).toBe('context');
  expect(await open({ ...request, allowedKeyArns: [] }).catch(reasonOf)).toBe('key_arn');
});
