import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';

import { type Issuer, Issuers } from '#shared/auth/issuer.ts';
import { createTokenVerifier } from '#shared/auth/token.ts';
import { deriveOwnerId } from '#shared/auth/owner-id.ts';
import { OwnerId } from '#shared/core/ids.ts';

import { CLAIMS, COGNITO, cognitoToken, headerOf, ISSUER, JWKS, NOW, signRaw, tokenWith } from './forge.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const next = generateKeyPairSync('rsa', { modulusLength: 2048 });
const NEXT_JWKS = { keys: [...JWKS.keys, { ...next.publicKey.export({ format: 'jwk' }), kid: 'next' }] };
/** Good for as long as the tests of outages last. */
const lasting = (kid = 'rsa') =>
  signRaw(
    headerOf({ kid }),
    JSON.stringify({ ...CLAIMS, exp: NOW + 86_000 }),
    kid === 'next' ? { key: next.privateKey } : {},
  );

function given(issuers: readonly Issuer[] = [ISSUER, COGNITO]) {
  const clock = { now: NOW * SECOND };
  const issuer = { jwks: JWKS as unknown, down: false, asked: [] as string[] };
  const fetchJwks = async (uri: string) => {
    issuer.asked.push(uri);
    if (issuer.down) throw new Error('connect ECONNREFUSED');
    return issuer.jwks;
  };
  const saved = { set: undefined as { jwks: unknown; at: number } | undefined, asked: 0, forged: false };
  const savedJwks = async () => {
    saved.asked += 1;
    if (saved.forged) throw new Error('integrity_failed');
    return saved.set;
  };
  const { verify } = createTokenVerifier({ issuers, fetchJwks, savedJwks, now: () => clock.now });
  const reasonOf = (token: string) =>
    verify(token).then(
      () => 'accepted',
      (error: { code: string; details: { reason?: string } }) => error.details.reason ?? error.code,
    );
  return { clock, issuer, saved, verify, reasonOf };
}

it('reads who calls, and what the token allows, from a good token', async () => {
  const { verify } = given();
  expect(await verify(tokenWith())).toEqual({
    issuer: ISSUER.issuer,
    subject: 'alice',
    scopes: ['keys:write', 'todo:read'],
    roles: ['user', 'admin'],
    clientId: 'console',
    expiresAt: NOW + 600,
    issuedAt: NOW - 10,
    signedInAt: NOW - 10,
    sessionId: expect.stringMatching(/^t_/),
  });
});

it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('accepts %s', async (alg) => {
  const { reasonOf } = given();
  expect(await reasonOf(tokenWith({}, {}, alg))).toBe('accepted');
});

it('accepts an audience among others, and the long form of the type', async () => {
  const { reasonOf } = given();
  expect(await reasonOf(tokenWith({ aud: ['other', CLAIMS.aud] }))).toBe('accepted');
  expect(await reasonOf(tokenWith({}, { typ: 'application/at+jwt' }))).toBe('accepted');
});

it('gives a token without a roles claim the role user, and one with unknown roles none', async () => {
  const { verify } = given();
  expect((await verify(tokenWith({ roles: undefined }))).roles).toEqual(['user']);
  expect((await verify(tokenWith({ roles: ['captain', 'toString'] }))).roles).toEqual([]);
});

it("cuts the issuer's prefix from scopes and passes over those without it", async () => {
  const { verify } = given();
  expect(await verify(cognitoToken())).toMatchObject({ scopes: ['todo:read'], roles: ['auditor'] });
});

it('passes over a header that this issuer is known to send', async () => {
  const token = tokenWith({}, { x5t: 'abc' });
  expect(await given([ISSUER]).reasonOf(token)).toBe('token_header');
  expect(await given([{ ...ISSUER, ignoredHeaders: ['x5t'] }]).reasonOf(token)).toBe('accepted');
});

it('grants clocks half a minute and no more', async () => {
  const { clock, reasonOf } = given();
  clock.now = (CLAIMS.exp + 29) * SECOND;
  expect(await reasonOf(tokenWith())).toBe('accepted');
  clock.now = (CLAIMS.exp + 30) * SECOND;
  expect(await reasonOf(tokenWith())).toBe('token_expired');
  clock.now = (CLAIMS.iat - 30) * SECOND;
  expect(await reasonOf(tokenWith())).toBe('accepted');
  clock.now = (CLAIMS.iat - 31) * SECOND;
  expect(await reasonOf(tokenWith())).toBe('token_not_yet_valid');
});

it('fetches the keys of each issuer once, at its configured address', async () => {
  const { issuer, reasonOf } = given();
  const tokens = Array.from({ length: 20 }, () => [tokenWith(), cognitoToken()]).flat();
  const verdicts = await Promise.all(tokens.map(reasonOf));
  expect(new Set(verdicts)).toEqual(new Set(['accepted']));
  expect(issuer.asked.toSorted()).toEqual([COGNITO.jwksUri, ISSUER.jwksUri]);
});

it('fetches no keys for a malformed token', async () => {
  const { issuer, reasonOf } = given();
  await Promise.all(
    [
      'x',
      tokenWith({ iss: 'https://evil.example' }),
      tokenWith({}, { alg: 'none' }),
      tokenWith({}, { jku: 'x' }),
    ].map(reasonOf),
  );
  expect(issuer.asked).toEqual([]);
});

it('fetches keys once for 50 unknown key ids, and once more after the cooldown', async () => {
  const { clock, issuer, reasonOf } = given();
  await reasonOf(tokenWith());
  clock.now += 31 * SECOND;
  const strangers = Array.from({ length: 50 }, (_, n) => tokenWith({}, { kid: `stranger-${n}` }));
  const verdicts = await Promise.all(strangers.map(reasonOf));
  expect(new Set(verdicts)).toEqual(new Set(['token_unknown_key']));
  for (const stranger of strangers) await reasonOf(stranger);
  expect(issuer.asked).toHaveLength(2);
  clock.now += 30 * SECOND;
  for (const stranger of strangers) await reasonOf(stranger);
  expect(issuer.asked).toHaveLength(3);
});

it('accepts a new key after one fetch', async () => {
  const { clock, issuer, reasonOf } = given();
  await reasonOf(lasting());
  issuer.jwks = NEXT_JWKS;
  clock.now += 31 * SECOND;
  expect(await reasonOf(lasting('next'))).toBe('accepted');
  expect(issuer.asked).toHaveLength(2);
});

it('rejects a withdrawn key at the latest after ten minutes', async () => {
  const { clock, issuer, reasonOf } = given();
  expect(await reasonOf(lasting())).toBe('accepted');
  issuer.jwks = { keys: NEXT_JWKS.keys.filter(({ kid }) => kid === 'next') };
  clock.now += 10 * MINUTE;
  expect(await reasonOf(lasting())).toBe('token_unknown_key');
});

it('works through an outage of the issuer on the last good keys, for a day', async () => {
  const { clock, issuer, reasonOf } = given();
  await reasonOf(lasting());
  issuer.down = true;
  for (let minute = 0; minute < 60; minute += 1) {
    clock.now += MINUTE;
    expect(await reasonOf(lasting())).toBe('accepted');
  }
  expect(issuer.asked.length).toBeLessThanOrEqual(60);
  clock.now += 23 * HOUR;
  expect(await reasonOf(lasting())).toBe('unavailable');
});

it('accepts nothing while the issuer is down and no keys are known, and recovers with it', async () => {
  const { issuer, reasonOf } = given();
  issuer.down = true;
  const verdicts = await Promise.all([1, 2, 3].map(() => reasonOf(tokenWith())));
  expect(verdicts).toEqual(['unavailable', 'unavailable', 'unavailable']);
  expect(issuer.asked).toHaveLength(1);
  issuer.down = false;
  expect(await reasonOf(tokenWith())).toBe('accepted');
});

it('starts during an outage with saved keys, until they are a day old', async () => {
  const { clock, issuer, saved, reasonOf } = given();
  issuer.down = true;
  saved.set = { jwks: JWKS, at: clock.now - 10 * MINUTE };
  for (let minute = 0; minute < 60; minute += 1) {
    expect(await reasonOf(lasting())).toBe('accepted');
    clock.now += MINUTE;
  }
  expect(saved.asked).toBe(1);
  clock.now += 23 * HOUR;
  expect(await reasonOf(lasting())).toBe('unavailable');
  issuer.down = false;
  clock.now += MINUTE;
  expect(await reasonOf(lasting())).not.toBe('unavailable');
});

it('never reads saved keys while the issuer responds, and accepts no forged or old ones', async () => {
  const { clock, issuer, saved, reasonOf } = given();
  saved.set = { jwks: NEXT_JWKS, at: clock.now };
  expect(await reasonOf(lasting())).toBe('accepted');
  expect(saved.asked).toBe(0);
  const cold = given();
  cold.issuer.down = true;
  cold.saved.forged = true;
  expect(await cold.reasonOf(lasting())).toBe('unavailable');
  cold.saved.forged = false;
  cold.saved.set = { jwks: JWKS, at: cold.clock.now - 25 * HOUR };
  expect(await cold.reasonOf(lasting())).toBe('unavailable');
  expect(issuer.down).toBe(false);
});

it.each([
  ['a page', '<html>'],
  ['no keys', {}],
  ['keys that are no list', { keys: {} }],
  ['a key without a type', { keys: [{ kid: 'rsa' }] }],
  ['too many keys', { keys: Array.from({ length: 65 }, () => JWKS.keys[0]) }],
])('takes %s for an outage of the issuer', async (_what, answer) => {
  const { issuer, reasonOf } = given();
  issuer.jwks = answer;
  expect(await reasonOf(tokenWith())).toBe('unavailable');
});

it('does not name the token or the answer of the issuer in a refusal', async () => {
  const { issuer, verify } = given();
  issuer.down = true;
  const rejections = await Promise.all(
    [tokenWith(), tokenWith({ sub: 'canary canary' }), 'canary'].map((token) =>
      verify(token).then(
        () => 'accepted',
        (error: Error) => `${error.message} ${JSON.stringify(error)}`,
      ),
    ),
  );
  expect(rejections.join(' ')).not.toMatch(/canary|ECONNREFUSED|eyJ/);
});

it('gives everyone an id of their own, by exact issuer and subject', () => {
  const names = ['A', 'a', 'Ａ', 'a ', 'á', 'a\u0301'];
  const ids = [
    ...names.map((name) => deriveOwnerId('https://one.example', name)),
    ...names.map((name) => deriveOwnerId('https://two.example', name)),
    deriveOwnerId('ab', 'c'),
    deriveOwnerId('a', 'bc'),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every((id) => OwnerId.safeParse(id).success)).toBe(true);
  expect(deriveOwnerId('https://one.example', 'a')).toBe(ids[1]);
});

it.each([
  ['an unknown field', { ...ISSUER, audience: 'x' }],
  ['a symmetric algorithm', { ...ISSUER, algorithms: ['HS256'] }],
  ['no audience', { ...ISSUER, audiences: [] }],
  ['a header that chooses the key', { ...ISSUER, ignoredHeaders: ['jku'] }],
])('does not start with an issuer that has %s', (_what, issuer) => {
  expect(Issuers.safeParse([issuer]).success).toBe(false);
});

it('does not start without an issuer, or with one named twice', () => {
  expect(Issuers.safeParse([]).success).toBe(false);
  expect(Issuers.safeParse([ISSUER, ISSUER]).success).toBe(false);
  expect(Issuers.parse([ISSUER, COGNITO])).toEqual([ISSUER, COGNITO]);
});
