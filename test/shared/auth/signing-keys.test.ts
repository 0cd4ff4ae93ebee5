import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';

import { hasSoundKeys } from '#shared/auth/token-keys.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const ed448 = generateKeyPairSync('ed448');
const jwk = (key: KeyObject) => key.export({ format: 'jwk' });
const sound = jwk(rsa.publicKey);

describe('a set of signing keys', () => {
  it.each([
    ['a public RSA key', [sound]],
    ['one sound key among others', [jwk(weak.publicKey), sound]],
  ])('is worth keeping with %s', (_what, keys) => {
    expect(hasSoundKeys({ keys })).toBe(true);
  });

  it.each<[string, unknown]>([
    ['no key', { keys: [] }],
    ['a private key', { keys: [jwk(rsa.privateKey)] }],
    ['a private part beside a public key', { keys: [{ ...sound, d: 'AQ' }] }],
    ['a key for encryption', { keys: [{ ...sound, use: 'enc' }] }],
    ['a short RSA key', { keys: [jwk(weak.publicKey)] }],
    ['an exponent of one', { keys: [{ ...sound, e: 'AQ' }] }],
    ['a symmetric key', { keys: [{ kty: 'oct', k: 'A'.repeat(43) }] }],
    ['a key of an unknown kind', { keys: [{ kty: 'xyz' }] }],
    ['another curve', { keys: [jwk(p384.publicKey), jwk(ed448.publicKey)] }],
    ['more keys than any issuer has', { keys: Array.from({ length: 65 }, () => sound) }],
    ['an error in its place', { error: 'down' }],
    ['nothing', undefined],
  ])('is not worth keeping with %s', (_what, document) => {
    expect(hasSoundKeys(document)).toBe(false);
  });
});
