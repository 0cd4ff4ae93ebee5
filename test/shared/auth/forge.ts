// Makes tokens of every kind, good and bad, with real keys.
import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

import { Issuer } from '#shared/auth/issuer.ts';

const b64 = (value: string | Uint8Array) => Buffer.from(value as string).toString('base64url');

export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
export const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });

const publicJwk = (key: { publicKey: KeyObject }) => key.publicKey.export({ format: 'jwk' });

export const JWKS = {
  keys: [
    { ...publicJwk(rsa), kid: 'rsa', use: 'sig' },
    { ...publicJwk(ec), kid: 'ec', alg: 'ES256' },
    { ...publicJwk(ed), kid: 'ed' },
    { ...publicJwk(weak), kid: 'weak' },
    { ...publicJwk(rsa), kid: 'enc', use: 'enc' },
    { kty: 'oct', k: b64('a shared secret of thirty-two bytes'), kid: 'oct', alg: 'HS256' },
    { ...rsa.privateKey.export({ format: 'jwk' }), kid: 'private' },
    { ...publicJwk(rsa), kid: 'twice' },
    { ...publicJwk(stranger), kid: 'twice' },
    { kty: 'EC', crv: 'P-256', x: b64(Buffer.alloc(32, 1)), y: b64(Buffer.alloc(32, 2)), kid: 'off-curve' },
    { ...publicJwk(rsa), e: 'AQ', kid: 'exponent-one' },
  ],
};

export const NOW = 1_780_000_000;
export const ISSUER = Issuer.parse({
  issuer: 'https://issuer.example',
  jwksUri: 'https://issuer.example/jwks',
  audiences: ['https://api.example/mcp'],
  algorithms: ['RS256', 'ES256', 'PS256', 'EdDSA'],
  rolesClaim: 'roles',
});
export const COGNITO = Issuer.parse({
  issuer: 'https://cognito.example/pool',
  jwksUri: 'https://cognito.example/jwks',
  audiences: ['https://api.example/mcp'],
  algorithms: ['RS256'],
  rolesClaim: 'cognito:groups',
  clientIds: ['our-client'],
  scopePrefix: 'portunus/',
});

export const CLAIMS = {
  iss: ISSUER.issuer,
  sub: 'alice',
  aud: 'https://api.example/mcp',
  iat: NOW - 10,
  exp: NOW + 600,
  jti: 'token-1',
  client_id: 'console',
  scope: 'openid todo:read keys:write unknown:scope',
  roles: ['user', 'captain', 'admin'],
};
const COGNITO_CLAIMS = {
  iss: COGNITO.issuer,
  sub: 'alice',
  iat: NOW - 10,
  exp: NOW + 600,
  token_use: 'access',
  client_id: 'our-client',
  scope: 'portunus/todo:read keys:write',
  'cognito:groups': ['auditor'],
};

type Json = Record<string, unknown>;
const PRIVATE: Record<string, KeyObject> = {
  RS256: rsa.privateKey,
  PS256: rsa.privateKey,
  ES256: ec.privateKey,
  EdDSA: ed.privateKey,
};
const KID: Record<string, string> = { RS256: 'rsa', PS256: 'rsa', ES256: 'ec', EdDSA: 'ed' };

export function signature(
  alg: string,
  input: string,
  key: KeyObject = PRIVATE[alg] ?? rsa.privateKey,
): Buffer {
  const data = Buffer.from(input);
  if (alg === 'ES256') return sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' });
  if (alg === 'EdDSA') return sign(null, data, key);
  if (alg !== 'PS256') return sign(`sha${alg.slice(2)}`, data, key);
  return sign('sha256', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
}

/** Signed over exactly these texts, whatever they are. */
export function signRaw(
  header: string | Uint8Array,
  payload: string | Uint8Array,
  { alg = 'RS256', key }: { alg?: string; key?: KeyObject } = {},
): string {
  const input = `${b64(header)}.${b64(payload)}`;
  return `${input}.${b64(signature(alg, input, key))}`;
}

export const headerOf = (changes: Json = {}, alg = 'RS256') =>
  JSON.stringify({ alg, typ: 'at+jwt', kid: KID[alg], ...changes });

/** A good token, with some claims or headers changed (`undefined` leaves one out). */
export const tokenWith = (claims: Json = {}, header: Json = {}, alg = 'RS256') =>
  signRaw(headerOf(header, alg), JSON.stringify({ ...CLAIMS, ...claims }), { alg });

export const cognitoToken = (claims: Json = {}, header: Json = {}) =>
  signRaw(headerOf({ typ: undefined, ...header }), JSON.stringify({ ...COGNITO_CLAIMS, ...claims }));

/** Signed with a text both sides know, as a forger would with the public key. */
export function hmacToken(secret: string | Uint8Array, kid = 'rsa'): string {
  const input = `${b64(headerOf({ alg: 'HS256', kid }))}.${b64(JSON.stringify(CLAIMS))}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

export { b64 };
