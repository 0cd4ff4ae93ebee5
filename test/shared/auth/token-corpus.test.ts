// Tokens that must not pass, by kind. Each is signed with a real key where that makes it more convincing.
import { constants, sign } from 'node:crypto';
import { expect, it } from 'vitest';

import { createTokenVerifier } from '#shared/auth/token.ts';
import { AppError } from '#shared/core/errors.ts';

import {
  b64,
  CLAIMS,
  COGNITO,
  cognitoToken,
  ec,
  headerOf,
  hmacToken,
  ISSUER,
  JWKS,
  NOW,
  rsa,
  signature,
  signRaw,
  stranger,
  tokenWith,
  weak,
} from './forge.ts';

const verifier = createTokenVerifier({
  issuers: [ISSUER, COGNITO],
  fetchJwks: async () => JWKS,
  now: () => NOW * 1000,
});

const good = tokenWith();
const [head = '', body = '', tail = ''] = good.split('.');
const unsigned = (alg: string) => `${b64(headerOf({ alg }))}.${body}.`;
const resigned = (header: string, payload: string, alg = 'RS256') =>
  `${header}.${payload}.${b64(signature(alg, `${header}.${payload}`))}`;
const rawClaims = (json: string) => signRaw(headerOf(), json);
const claims = JSON.stringify(CLAIMS);
const withExtra = (json: string) => rawClaims(`${claims.slice(0, -1)},${json}}`);
const derSignature = () => {
  const input = `${b64(headerOf({}, 'ES256'))}.${body}`;
  return `${input}.${b64(sign('sha256', Buffer.from(input), ec.privateKey))}`;
};
const pssAsRs = () => {
  const input = `${head}.${body}`;
  const key = { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return `${input}.${b64(sign('sha256', Buffer.from(input), key))}`;
};
const looseBits = (part: string) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return part.slice(0, -1) + alphabet[alphabet.indexOf(part.at(-1)!) ^ 1]!;
};
const spem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
const jwkOfStranger = stranger.publicKey.export({ format: 'jwk' });
const strangersToken = (header: Record<string, unknown>) =>
  signRaw(headerOf(header), claims, { key: stranger.privateKey });
// A payload whose base64url ends in a character with spare bits.
const padded = [0, 1, 2].map((n) => b64(`${claims}${' '.repeat(n)}`)).find((part) => part.length % 4 === 2)!;

const HOSTILE: Record<string, [token: string, reason: string]> = {
  'an empty text': ['', 'token_malformed'],
  'a word': ['token', 'token_malformed'],
  'two parts': [`${head}.${body}`, 'token_malformed'],
  'four parts': [`${good}.`, 'token_malformed'],
  'five parts, as an encrypted token has': [`${good}.${head}.${body}`, 'token_malformed'],
  'an empty header': [`.${body}.${tail}`, 'token_malformed'],
  'an empty payload': [`${head}..${tail}`, 'token_malformed'],
  'an empty signature': [`${head}.${body}.`, 'token_malformed'],
  'more than 8 KiB': [tokenWith({ more: 'x'.repeat(8192) }), 'token_malformed'],
  'a megabyte': [tokenWith({ more: 'x'.repeat(1_000_000) }), 'token_malformed'],
  'a space before': [` ${good}`, 'token_malformed'],
  'a line break after': [`${good}\n`, 'token_malformed'],
  'a space inside': [good.replace('.', '. '), 'token_malformed'],
  padding: [`${good}==`, 'token_malformed'],
  'plain base64 instead of base64url': [resigned(head, `${body.slice(0, -1)}+`), 'token_malformed'],
  'loose trailing bits in the payload': [resigned(head, looseBits(padded)), 'token_malformed'],
  'loose trailing bits in the signature': [`${head}.${body}.${looseBits(tail)}`, 'token_malformed'],
  'one character too many for base64': [`${head}.${body}.${tail}AAA`, 'token_malformed'],
  'a character beyond ASCII': [`${head}.${body}.${tail.slice(0, -1)}é`, 'token_malformed'],
  'a prefix Bearer': [`Bearer ${good}`, 'token_malformed'],
  'a header that is no JSON': [signRaw('{alg', claims), 'token_malformed'],
  'a header that is an array': [signRaw('["RS256"]', claims), 'token_malformed'],
  'a header with a name twice': [
    signRaw(headerOf().replace('{', '{"alg":"none",'), claims),
    'token_malformed',
  ],
  'a header with a byte order mark': [signRaw(`\ufeff${headerOf()}`, claims), 'token_malformed'],
  'a payload that is no JSON': [rawClaims('alice'), 'token_malformed'],
  'a payload that is an array': [rawClaims('[]'), 'token_malformed'],
  'a payload that is null': [rawClaims('null'), 'token_malformed'],
  'a payload that is not UTF-8': [signRaw(headerOf(), Buffer.from([0x7b, 0xff, 0x7d])), 'token_malformed'],
  'two subjects': [withExtra('"sub":"bob"'), 'token_malformed'],
  'two subjects, one spelt with an escape': [withExtra('"s\\u0075b":"bob"'), 'token_malformed'],
  'a claim __proto__': [withExtra('"__proto__":{"roles":["admin"]}'), 'token_malformed'],
  'a claim nested a thousand deep': [
    withExtra(`"deep":${'['.repeat(1000)}${']'.repeat(1000)}`),
    'token_malformed',
  ],
  'alg none': [unsigned('none'), 'token_malformed'],
  'alg none with some signature': [`${unsigned('none')}${tail}`, 'token_algorithm'],
  'alg nOnE': [`${unsigned('nOnE')}${tail}`, 'token_algorithm'],
  'no alg': [signRaw(headerOf({ alg: undefined }), claims), 'token_header'],
  'an alg that is a list': [signRaw(headerOf({ alg: ['RS256'] }), claims), 'token_header'],
  'alg rs256 in small letters': [signRaw(headerOf({ alg: 'rs256' }), claims), 'token_algorithm'],
  'HS256 with the public key as its secret': [hmacToken(spem), 'token_algorithm'],
  'HS256 with the symmetric key of the set': [
    hmacToken('a shared secret of thirty-two bytes', 'oct'),
    'token_algorithm',
  ],
  'HS256 with an empty secret': [hmacToken(''), 'token_algorithm'],
  'RS384, which this issuer does not use': [
    signRaw(headerOf({ alg: 'RS384' }), claims, { alg: 'RS384' }),
    'token_algorithm',
  ],
  'an algorithm of another issuer of ours': [
    signRaw(headerOf({}, 'ES256'), JSON.stringify({ ...CLAIMS, iss: COGNITO.issuer }), { alg: 'ES256' }),
    'token_algorithm',
  ],
  'a key of its own in the header (jwk)': [strangersToken({ jwk: jwkOfStranger }), 'token_header'],
  'a key address of its own (jku)': [strangersToken({ jku: 'https://evil.example/jwks' }), 'token_header'],
  'a certificate address of its own (x5u)': [
    strangersToken({ x5u: 'https://evil.example/x' }),
    'token_header',
  ],
  'a certificate of its own (x5c)': [strangersToken({ x5c: ['MIIB'] }), 'token_header'],
  'a thumbprint nobody asked for (x5t)': [signRaw(headerOf({ x5t: 'abc' }), claims), 'token_header'],
  'a critical header we do not know': [signRaw(headerOf({ crit: ['exp'], exp: 1 }), claims), 'token_header'],
  'an empty crit': [signRaw(headerOf({ crit: [] }), claims), 'token_header'],
  'b64 false': [signRaw(headerOf({ b64: false, crit: ['b64'] }), claims), 'token_header'],
  'compression (zip)': [signRaw(headerOf({ zip: 'DEF' }), claims), 'token_header'],
  'a token inside (cty)': [signRaw(headerOf({ cty: 'JWT' }), claims), 'token_header'],
  'no kid': [signRaw(headerOf({ kid: undefined }), claims), 'token_header'],
  'an empty kid': [signRaw(headerOf({ kid: '' }), claims), 'token_header'],
  'a kid that is a number': [signRaw(headerOf({ kid: 1 }), claims), 'token_header'],
  'a kid of 129 characters': [signRaw(headerOf({ kid: 'k'.repeat(129) }), claims), 'token_header'],
  'a kid with SQL': [signRaw(headerOf({ kid: "x' OR '1'='1" }), claims), 'token_header'],
  'a kid with a null byte': [signRaw(headerOf({ kid: 'rsa\0' }), claims), 'token_header'],
  'a kid that climbs folders': [signRaw(headerOf({ kid: '../../dev/null' }), claims), 'token_unknown_key'],
  'the kid of nobody': [signRaw(headerOf({ kid: 'nobody' }), claims), 'token_unknown_key'],
  'the kid of a symmetric key': [signRaw(headerOf({ kid: 'oct' }), claims), 'token_unknown_key'],
  'the kid of a 1024-bit key': [
    signRaw(headerOf({ kid: 'weak' }), claims, { key: weak.privateKey }),
    'token_unknown_key',
  ],
  'the kid of a key for encryption': [signRaw(headerOf({ kid: 'enc' }), claims), 'token_unknown_key'],
  'the kid of a published private key': [signRaw(headerOf({ kid: 'private' }), claims), 'token_unknown_key'],
  'the kid of a key with exponent one': [
    signRaw(headerOf({ kid: 'exponent-one' }), claims),
    'token_unknown_key',
  ],
  'the kid of two keys': [signRaw(headerOf({ kid: 'twice' }), claims), 'token_unknown_key'],
  'the kid of a point off the curve': [
    signRaw(headerOf({ kid: 'off-curve' }, 'ES256'), claims, { alg: 'ES256' }),
    'token_unknown_key',
  ],
  'the kid of a key of another type': [signRaw(headerOf({ kid: 'ec' }), claims), 'token_unknown_key'],
  "a stranger's signature": [strangersToken({}), 'token_signature'],
  'a payload changed after signing': [
    `${head}.${b64(JSON.stringify({ ...CLAIMS, sub: 'bob' }))}.${tail}`,
    'token_signature',
  ],
  'a header changed after signing': [
    `${b64(headerOf({ typ: 'application/at+jwt' }))}.${body}.${tail}`,
    'token_signature',
  ],
  'half a signature': [`${head}.${body}.${tail.slice(0, 172)}`, 'token_signature'],
  'a signature of zeros': [`${head}.${body}.${b64(Buffer.alloc(256))}`, 'token_signature'],
  'a PSS signature called RS256': [pssAsRs(), 'token_signature'],
  'a psychic ES256 signature (r = s = 0)': [
    `${b64(headerOf({}, 'ES256'))}.${body}.${b64(Buffer.alloc(64))}`,
    'token_signature',
  ],
  'an ES256 signature in DER': [derSignature(), 'token_signature'],
  'no issuer': [tokenWith({ iss: undefined }), 'token_untrusted_issuer'],
  'an unknown issuer': [tokenWith({ iss: 'https://evil.example' }), 'token_untrusted_issuer'],
  'our issuer with a slash more': [tokenWith({ iss: `${ISSUER.issuer}/` }), 'token_untrusted_issuer'],
  'our issuer in capitals': [tokenWith({ iss: 'https://ISSUER.example' }), 'token_untrusted_issuer'],
  'a list of issuers': [tokenWith({ iss: [ISSUER.issuer] }), 'token_untrusted_issuer'],
  'no expiry': [tokenWith({ exp: undefined }), 'token_claims'],
  'an expiry that is a text': [tokenWith({ exp: String(NOW + 600) }), 'token_claims'],
  'an expiry with a fraction': [tokenWith({ exp: NOW + 0.5 }), 'token_lifetime'],
  'an expiry of 1e300': [rawClaims(claims.replace(String(CLAIMS.exp), '1e300')), 'token_lifetime'],
  'an expiry of 1e999': [rawClaims(claims.replace(String(CLAIMS.exp), '1e999')), 'token_lifetime'],
  'an expiry past the tolerance': [tokenWith({ exp: NOW - 31 }), 'token_expired'],
  'an expiry below zero': [tokenWith({ exp: -1 }), 'token_expired'],
  'a life of more than a day': [tokenWith({ exp: NOW + 90_000 }), 'token_lifetime'],
  'an end before its beginning': [tokenWith({ iat: NOW + 20, exp: NOW + 10 }), 'token_lifetime'],
  'no time of issue': [tokenWith({ iat: undefined }), 'token_claims'],
  'a time of issue to come': [tokenWith({ iat: NOW + 31 }), 'token_not_yet_valid'],
  'a time of issue days ago': [tokenWith({ iat: NOW - 90_000 }), 'token_expired'],
  'a start to come': [tokenWith({ nbf: NOW + 31 }), 'token_not_yet_valid'],
  'a start that is a text': [tokenWith({ nbf: 'now' }), 'token_claims'],
  'no subject': [tokenWith({ sub: undefined }), 'token_claims'],
  'an empty subject': [tokenWith({ sub: '' }), 'token_subject'],
  'a subject that is a number': [tokenWith({ sub: 1 }), 'token_subject'],
  'a subject of 257 characters': [tokenWith({ sub: 'a'.repeat(257) }), 'token_subject'],
  'a subject with a space': [tokenWith({ sub: 'alice ' }), 'token_subject'],
  'a subject with a null byte': [tokenWith({ sub: 'alice\0' }), 'token_subject'],
  'a subject with a zero-width character': [tokenWith({ sub: 'ali\u200bce' }), 'token_subject'],
  'a subject written right to left': [tokenWith({ sub: '\u202ealice' }), 'token_subject'],
  'a subject that normalises to another': [tokenWith({ sub: 'e\u0301' }), 'token_subject'],
  'a subject with half a character': [rawClaims(claims.replace('alice', '\\ud800')), 'token_subject'],
  'an ID token by its type': [tokenWith({ token_use: 'id' }), 'token_type'],
  'an ID token by typ JWT': [tokenWith({}, { typ: 'JWT' }), 'token_type'],
  'a logout token': [tokenWith({}, { typ: 'logout+jwt' }), 'token_type'],
  'a DPoP proof': [tokenWith({}, { typ: 'dpop+jwt' }), 'token_type'],
  'no type at all': [tokenWith({}, { typ: undefined }), 'token_type'],
  'a logout token that says access': [
    tokenWith({ token_use: 'access' }, { typ: 'logout+jwt' }),
    'token_type',
  ],
  'another audience': [tokenWith({ aud: 'https://other.example' }), 'token_wrong_audience'],
  'our audience with a slash more': [tokenWith({ aud: 'https://api.example/mcp/' }), 'token_wrong_audience'],
  'only other audiences': [tokenWith({ aud: ['a', 'b'] }), 'token_wrong_audience'],
  'an empty list of audiences': [tokenWith({ aud: [] }), 'token_wrong_audience'],
  'an audience that is an object': [tokenWith({ aud: { [CLAIMS.aud]: true } }), 'token_wrong_audience'],
  'no audience': [tokenWith({ aud: undefined }), 'token_wrong_audience'],
  'no audience, from a client that is not ours': [
    cognitoToken({ client_id: 'evil' }),
    'token_wrong_audience',
  ],
  'no audience and no scope of ours': [cognitoToken({ scope: 'openid keys:write' }), 'token_wrong_audience'],
  'no audience and no client': [cognitoToken({ client_id: undefined }), 'token_wrong_audience'],
  'a foreign audience beside a client of ours': [cognitoToken({ aud: 'other' }), 'token_wrong_audience'],
  "Cognito's ID token": [cognitoToken({ token_use: 'id', aud: CLAIMS.aud }), 'token_type'],
  "Cognito's token without its use": [cognitoToken({ token_use: undefined }), 'token_type'],
  'roles that are an object': [tokenWith({ roles: { admin: true } }), 'token_claims'],
  'roles that are a text': [tokenWith({ roles: 'admin' }), 'token_claims'],
  'a scope that is a list': [tokenWith({ scope: ['keys:write'] }), 'token_claims'],
  'a token id that is an object': [tokenWith({ jti: {} }), 'token_claims'],
};

it(`knows at least 67 kinds of hostile token`, () => {
  expect(Object.keys(HOSTILE).length).toBeGreaterThanOrEqual(67);
});

it('accepts the token that the hostile ones are made of', async () => {
  await expect(verifier.verify(good)).resolves.toMatchObject({ subject: 'alice' });
  await expect(verifier.verify(resigned(head, padded))).resolves.toMatchObject({ subject: 'alice' });
  await expect(verifier.verify(cognitoToken())).resolves.toMatchObject({ subject: 'alice' });
});

it.each(Object.entries(HOSTILE))('rejects %s', async (_kind, [token, reason]) => {
  const rejection = await verifier.verify(token).catch((error: unknown) => error);
  expect(rejection).toBeInstanceOf(AppError);
  expect(rejection).toMatchObject({ code: 'unauthenticated', details: { reason } });
});
