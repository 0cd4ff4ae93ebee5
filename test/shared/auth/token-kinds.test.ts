// More tokens that must not pass: every claim and header in every wrong shape, and the edges of every time. All are signed with
// the issuer's own key, so nothing but the strict layer stands in their way.
import { describe, expect, it } from 'vitest';

import { createTokenVerifier } from '#shared/auth/token.ts';
import { principalFrom } from '#shared/auth/principal.ts';
import { AppError } from '#shared/core/errors.ts';

import { CLAIMS, COGNITO, headerOf, ISSUER, JWKS, NOW, signRaw, tokenWith } from './forge.ts';

const verifierAt = (seconds: number) =>
  createTokenVerifier({
    issuers: [ISSUER, COGNITO],
    fetchJwks: async () => JWKS,
    now: () => seconds * 1000,
  });
const { verify } = verifierAt(NOW);
const reasonOf = (token: string, at = verify) =>
  at(token).then(
    () => 'accepted',
    (error: AppError) => error.details['reason'],
  );

const SHAPES: Readonly<Record<string, unknown>> = {
  null: null,
  true: true,
  'a number': 7,
  'a fraction': 0.5,
  'a text': 'text',
  'an empty text': '',
  'a list': [1],
  'an object': { a: 1 },
};
type Kind = readonly [kind: string, token: string, reason: string];

/** The claim, the reason its wrong shapes are rejected with, and the shapes that are right or are another test's matter. */
const CLAIM_SHAPES: readonly (readonly [claim: string, reason: string, right: readonly string[]])[] = [
  ['iss', 'token_untrusted_issuer', []],
  ['sub', 'token_subject', ['a text']],
  ['exp', '', []],
  ['iat', '', []],
  ['aud', 'token_wrong_audience', []],
  ['jti', 'token_claims', ['a text']],
  ['sid', 'token_claims', ['a text']],
  ['origin_jti', 'token_claims', ['a text']],
  ['auth_time', 'token_claims', ['a number']],
  ['client_id', 'token_claims', ['a text']],
  ['scope', 'token_claims', ['a text', 'an empty text']],
  ['token_use', 'token_type', []],
  ['roles', 'token_claims', []],
  ['nbf', 'token_claims', ['a number', 'a fraction']],
];
const claimKinds = CLAIM_SHAPES.flatMap(([claim, reason, right]) =>
  Object.entries(SHAPES)
    .filter(([shape]) => !right.includes(shape))
    .map(([shape, value]): Kind => [`${claim} that is ${shape}`, tokenWith({ [claim]: value }), reason]),
);

const HEADERS = {
  jwk: {},
  jku: 'https://evil.example',
  x5u: 'https://evil.example',
  x5c: ['MIIB'],
  x5t: 'abc',
  'x5t#S256': 'abc',
  crit: ['exp'],
  b64: true,
  zip: 'DEF',
  cty: 'at+jwt',
  enc: 'A256GCM',
  epk: {},
  apu: 'a',
  apv: 'a',
  iv: 'a',
  tag: 'a',
  p2s: 'a',
  p2c: 1_000_000,
  iss: ISSUER.issuer,
  sub: 'alice',
  aud: CLAIMS.aud,
  nonce: 'a',
  url: 'https://evil.example',
  ppt: 'shaken',
  svt: [],
  trust_chain: [],
  ALG: 'none',
  Kid: 'rsa',
  'alg ': 'none',
};
const headerKinds = Object.entries(HEADERS).map(
  ([name, value]): Kind => [
    `a header ${name}`,
    signRaw(headerOf({ [name]: value }), JSON.stringify(CLAIMS)),
    'token_header',
  ],
);

const TYPES = [
  'id+jwt',
  'secevent+jwt',
  'entity-statement+jwt',
  'JWS',
  'JOSE',
  'at+jwt; x',
  ' at+jwt',
  'application/jwt',
  '',
];
const typeKinds = TYPES.map((typ): Kind => [`typ "${typ}"`, tokenWith({}, { typ }), 'token_type']);

const ALGORITHMS = [
  'none',
  'None',
  'HS384',
  'HS512',
  'RS512',
  'PS384',
  'PS512',
  'ES384',
  'ES512',
  'ES256K',
  'Ed448',
  'dir',
  'RSA-OAEP',
  'RS256 ',
  '',
];
const algorithmKinds = ALGORITHMS.map(
  (alg): Kind => [
    `alg "${alg}"`,
    signRaw(headerOf({ alg, kid: 'rsa' }), JSON.stringify(CLAIMS)),
    'token_algorithm',
  ],
);

const KINDS = [...claimKinds, ...headerKinds, ...typeKinds, ...algorithmKinds];

describe('a token with a good signature', () => {
  it('comes in enough wrong kinds: with the corpus beside this file, more than 200', () => {
    expect(KINDS.length).toBeGreaterThanOrEqual(140);
    expect(new Set(KINDS.map(([, token]) => token)).size).toBe(KINDS.length);
  });

  it.each(KINDS)('is rejected with %s', async (_kind, token, reason) => {
    const rejection = await verify(token).catch((error: unknown) => error);
    expect(rejection).toBeInstanceOf(AppError);
    expect(rejection).toMatchObject({ code: 'unauthenticated' });
    const { details } = rejection as AppError;
    const ofTime = /^token_(claims|lifetime|expired|not_yet_valid)$/;
    expect(details['reason']).toMatch(reason === '' ? ofTime : new RegExp(`^${reason}$`));
    expect(JSON.stringify(details)).not.toMatch(/evil|alice/);
  });
});

describe('clock skew of half a minute', () => {
  it.each([
    ['ended 29 seconds ago', { exp: NOW - 29, iat: NOW - 60 }, 'accepted'],
    ['ended 30 seconds ago', { exp: NOW - 30, iat: NOW - 60 }, 'token_expired'],
    ['ended 31 seconds ago', { exp: NOW - 31, iat: NOW - 60 }, 'token_expired'],
    ['issued in 30 seconds', { iat: NOW + 30 }, 'accepted'],
    ['issued in 31 seconds', { iat: NOW + 31 }, 'token_not_yet_valid'],
    ['valid in 30 seconds', { nbf: NOW + 30 }, 'accepted'],
    ['valid in 31 seconds', { nbf: NOW + 31 }, 'token_not_yet_valid'],
    ['of exactly a day', { iat: NOW, exp: NOW + 86_400 }, 'accepted'],
    ['of a day and a second', { iat: NOW, exp: NOW + 86_401 }, 'token_lifetime'],
  ])('is tolerated for a token %s, or not', async (_what, claims, verdict) => {
    expect(await reasonOf(tokenWith(claims))).toBe(verdict);
  });

  it('limits a sign-in time in the future to the issue time of the token', async () => {
    const { signedInAt } = await verify(tokenWith({ auth_time: NOW + 999_999 }));
    expect(signedInAt).toBe(CLAIMS.iat);
  });
});

const codeOf = (context: unknown, at = NOW) => {
  try {
    return principalFrom(context, at * 1000).subject;
  } catch (error) {
    return (error as AppError).code;
  }
};

describe('the context from the authorizer', () => {
  const seen = {
    ownerId: 'A'.repeat(27),
    iss: ISSUER.issuer,
    sub: 'alice',
    scopes: 'keys:read',
    roles: 'user',
    sid: `s_${'A'.repeat(22)}`,
    client: 'console',
    exp: String(NOW + 600),
    iat: String(NOW),
    auth: String(NOW),
  };
  it('is accepted if complete, until the token expires', () => {
    expect(codeOf(seen)).toBe('alice');
    expect(codeOf({ ...seen, client: undefined })).toBe('alice');
    expect(codeOf(seen, NOW + 629)).toBe('alice');
    expect(codeOf(seen, NOW + 630)).toBe('unauthenticated');
  });

  it.each(['ownerId', 'iss', 'sub', 'scopes', 'roles', 'sid', 'exp', 'iat', 'auth'])(
    'is nobody without %s',
    (name) => {
      expect(codeOf({ ...seen, [name]: undefined })).toBe('unauthenticated');
      expect(codeOf({ ...seen, [name]: { a: 1 } })).toBe('unauthenticated');
    },
  );

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'alice'],
    ['an owner of another length', { ...seen, ownerId: 'alice' }],
    ['an owner that leaves its row', { ...seen, ownerId: `${'A'.repeat(26)}#` }],
    ['a session that leaves its row', { ...seen, sid: 'all' }],
    ['an end without a number', { ...seen, exp: 'never' }],
    ['an end below zero', { ...seen, exp: '-1' }],
    ['a time of issue of zero', { ...seen, iat: '0' }],
  ])('is rejected with %s', (_what, context) => {
    expect(codeOf(context)).toBe('unauthenticated');
  });

  it('yields only known scopes and roles', () => {
    const { scopes, roles } = principalFrom(
      { ...seen, scopes: 'keys:read root *', roles: 'user captain' },
      NOW * 1000,
    );
    expect({ scopes, roles }).toEqual({ scopes: ['keys:read'], roles: ['user'] });
  });
});
