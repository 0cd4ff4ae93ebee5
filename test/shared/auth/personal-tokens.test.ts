// Personal access tokens, on a store in memory: their text, who may create which, and how one is resolved.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { CreateTokenBody } from '#shared/auth/api.ts';
import { isPersonalToken, newPersonalToken, parsePersonalToken } from '#shared/auth/personal-token.ts';
import {
  createResolvePersonalToken,
  draftPersonalToken,
  type PersonalToken,
} from '#shared/auth/personal-tokens.ts';
import {
  type Principal,
  principalFrom,
  requireModel,
  requireScope,
  requireTool,
  toAuthorizerContext,
} from '#shared/auth/principal.ts';
import { SCOPES } from '#shared/auth/scopes.ts';
import { deriveOwnerId } from '#shared/auth/owner-id.ts';
import type { OwnerId } from '#shared/core/ids.ts';

const T = 1_800_000_000;
const issuer = 'https://issuer.example';
const alice = deriveOwnerId(issuer, 'alice');
const key = new Uint8Array(32).fill(7);

const signedIn = (changes: Partial<Principal> = {}): Principal => ({
  ownerId: alice,
  issuer,
  subject: 'alice',
  scopes: SCOPES,
  roles: ['user'],
  sessionId: `s_${'a'.repeat(22)}`,
  expiresAt: T + 900,
  issuedAt: T - 10,
  signedInAt: T - 600,
  ...changes,
});

const bodyOf = (more: object = {}) =>
  CreateTokenBody.parse({ name: 'ci', scopes: ['ai:use'], expires_in: 3600, ...more });

/** A store that takes what is drafted, and counts its reads. */
function memory() {
  const rows = new Map<string, PersonalToken>();
  const clock = { seconds: T };
  let reads = 0;
  const store = {
    list: async (ownerId: OwnerId) =>
      [...rows].flatMap(([name, row]) => (name.startsWith(ownerId) ? [row] : [])),
    create(ownerId: OwnerId, token: PersonalToken) {
      rows.set(`${ownerId} ${token.id}`, token);
      return { item: token, rejected: () => new Error('never') as never };
    },
    async find(ownerId: OwnerId, id: string) {
      reads += 1;
      return rows.get(`${ownerId} ${id}`);
    },
  };
  const now = () => clock.seconds * 1000;
  const trusted = new Set([issuer]);
  return {
    rows,
    clock,
    trusted,
    reads: () => reads,
    create: (creator: Principal, more: object = {}) =>
      draftPersonalToken({ store, key, now }, creator, bodyOf(more)),
    resolve: createResolvePersonalToken({
      store,
      key: async () => key,
      isTrusted: (name) => trusted.has(name),
      now,
    }),
  };
}

const reason = (name: string) =>
  expect.objectContaining({ code: 'unauthenticated', details: expect.objectContaining({ reason: name }) });

describe('the text of a personal access token', () => {
  const { id, text } = newPersonalToken(alice);

  it('has a prefix and a form that a secret scanner can match, and names its own row', () => {
    expect(text).toMatch(/^ptn_[A-Za-z0-9_-]{87}$/);
    expect(isPersonalToken(text)).toBe(true);
    expect(isPersonalToken('eyJhbGciOiJSUzI1NiJ9.e30.x')).toBe(false);
    expect(parsePersonalToken(text)).toEqual({ ownerId: alice, id });
    expect(newPersonalToken(alice).text).not.toBe(text);
  });

  it('is rejected with one character changed, left out, doubled or swapped with the next, wherever that is', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('A', 'a', '0', '-', '_'), (at, other) => {
        const [before, here, after] = [text.slice(0, at), text.charAt(at), text.slice(at + 1)];
        const mistyped = [
          `${before}${other}${after}`,
          `${before}${after}`,
          `${before}${here}${here}${after}`,
          `${before}${after.charAt(0)}${here}${after.slice(1)}`,
        ].filter((each) => each !== text);
        for (const each of mistyped) {
          expect(() => parsePersonalToken(each)).toThrow(
            expect.objectContaining({ code: 'unauthenticated' }),
          );
        }
      }),
    );
  });

  it('says that it is mistyped, and not more', () => {
    const cut = text.slice(0, -1);
    expect(() => parsePersonalToken(cut)).toThrow(reason('token_checksum'));
    expect(() => parsePersonalToken(cut)).toThrow(/mistyped or cut off/);
  });
});

describe('the creation of a personal access token', () => {
  it('stores neither the text nor its random part, but a keyed hash', async () => {
    const { create, rows } = memory();
    const { text } = await create(signedIn());
    const stored = JSON.stringify([...rows]);
    expect(stored).not.toContain(text);
    expect(stored).not.toContain(text.slice(53, 85));
  });

  it('gives it the roles and times of the token that created it, so that what ends that one ends it too', async () => {
    const { token } = await memory().create(signedIn({ roles: ['operator'] }), { scopes: ['ops:write'] });
    expect(token).toMatchObject({
      roles: ['operator'],
      createdAt: T,
      expiresAt: T + 3600,
      issuedAt: T - 10,
      signedInAt: T - 600,
    });
  });

  it.each<[string, Partial<Principal>, string[], RegExp]>([
    [
      'that the creating token lacks',
      { scopes: ['account:write', 'ai:use'] },
      ['keys:read'],
      /than its creator/,
    ],
    ['that no role of its owner allows', {}, ['ops:write'], /than its creator/],
    ['account:write', {}, ['ai:use', 'account:write'], /No personal access token may have/],
    ['admin:write', { roles: ['admin'] }, ['admin:write'], /No personal access token may have/],
  ])('is rejected with a scope %s, by name and with those that are allowed', async (_, who, scopes, says) => {
    const { create, rows } = memory();
    await expect(create(signedIn(who), { scopes })).rejects.toMatchObject({
      code: 'insufficient_scope',
      message: expect.stringMatching(says),
      details: {
        issues: [{ path: 'body.scopes', message: `must not contain ${scopes.at(-1)}` }],
        next_step: expect.stringContaining('Allowed here: '),
      },
    });
    expect(rows.size).toBe(0);
  });

  it('is rejected to a personal access token, whatever its scopes', async () => {
    const { create } = memory();
    const program = signedIn({ sessionId: `p_${'a'.repeat(22)}` });
    await expect(create(program)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('is rejected beyond 50 live tokens, and allowed again when one has expired', async () => {
    const { create, clock } = memory();
    for (let n = 0; n < 50; n += 1) await create(signedIn(), { expires_in: n === 0 ? 60 : 3600 });
    await expect(create(signedIn())).rejects.toMatchObject({ code: 'conflict' });
    clock.seconds += 60;
    await expect(create(signedIn())).resolves.toMatchObject({ token: { name: 'ci' } });
  });

  it.each<[string, object]>([
    ['an expiry beyond a year', { expires_in: 365 * 24 * 3600 + 1 }],
    ['no expiry', { expires_in: undefined }],
    ['an unknown scope', { scopes: ['everything'] }],
    ['no scope', { scopes: [] }],
    ['a name of spaces', { name: '  ' }],
    ['a name with a control character', { name: 'a\u0000b' }],
    ['a model with a space', { models: ['a b'] }],
    ['an empty list of models', { models: [] }],
    ['an empty budget', { budget: {} }],
    ['a budget of nothing', { budget: { day_usd: '0.00' } }],
    ['a budget as a number', { budget: { day_usd: 1 } }],
    ['a negative budget', { budget: { month_usd: '-1' } }],
    ['an empty list of tools', { tools: [] }],
    ['a pattern of tools', { tools: ['todo_*'] }],
    ['all tools by a pattern', { tools: ['*'] }],
    ['too many tools', { tools: Array.from({ length: 31 }, (_, n) => `tool_${n}`) }],
  ])('is rejected with %s', (_, more) => {
    const parsed = CreateTokenBody.safeParse({ name: 'ci', scopes: ['ai:use'], expires_in: 60, ...more });
    expect(parsed.error?.issues.map(({ path }) => path[0])).toEqual([Object.keys(more)[0]]);
  });
});

describe('the resolution of a personal access token', () => {
  it.each([
    [{ day_usd: '0.5' }, { dayMicroUsd: 500_000 }],
    [{ month_usd: '10' }, { monthMicroUsd: 10_000_000 }],
    [
      { day_usd: '1', month_usd: '0.000001' },
      { dayMicroUsd: 1_000_000, monthMicroUsd: 1 },
    ],
  ])('carries the budget %j to the functions', async (budget, microUsd) => {
    const { create, resolve } = memory();
    const principal = await resolve((await create(signedIn(), { budget })).text);
    expect(principal.budget).toEqual(microUsd);
    expect(principalFrom(toAuthorizerContext(principal), T * 1000).budget).toMatchObject(microUsd);
  });

  it('is the principal of its owner with its own scopes, models and tools, on its way through API Gateway too', async () => {
    const { create, resolve } = memory();
    const tools = ['todo_list', 'sky__*', '/v1'];
    const { text, token } = await create(signedIn(), { models: ['openai/gpt-4.1', 'o3'], tools });
    const principal = await resolve(text);
    expect(principal).toMatchObject({
      ownerId: alice,
      subject: 'alice',
      scopes: ['ai:use'],
      roles: ['user'],
      sessionId: token.id,
      models: ['openai/gpt-4.1', 'o3'],
      tools,
    });
    expect(principalFrom(toAuthorizerContext(principal), T * 1000)).toEqual(principal);
  });

  it('reads once in a minute, and does not read for a wrong checksum', async () => {
    const { create, resolve, clock, reads } = memory();
    const { text } = await create(signedIn());
    await resolve(text);
    clock.seconds += 59;
    await resolve(text);
    expect(reads()).toBe(1);
    clock.seconds += 1;
    await resolve(text);
    expect(reads()).toBe(2);
    await expect(resolve(`${text.slice(0, -1)}!`)).rejects.toEqual(reason('token_checksum'));
    expect(reads()).toBe(2);
  });

  it('is rejected for a token that was never created, also one with the id of another', async () => {
    const { create, resolve, rows } = memory();
    const [mine, other] = [await create(signedIn()), newPersonalToken(alice)];
    await expect(resolve(other.text)).rejects.toEqual(reason('token_unknown'));
    // A row written without the key.
    rows.set(`${alice} ${other.id}`, { ...mine.token, id: other.id });
    await expect(resolve(other.text)).rejects.toEqual(reason('token_unknown'));
  });

  it('is rejected once the issuer of its owner is no longer trusted', async () => {
    const { create, resolve, trusted } = memory();
    const { text } = await create(signedIn());
    trusted.delete(issuer);
    await expect(resolve(text)).rejects.toEqual(reason('token_untrusted_issuer'));
  });
});

describe('a caller with a personal access token', () => {
  const program = signedIn({ sessionId: `p_${'a'.repeat(22)}`, scopes: ['ai:use'] });

  it('is told that it has expired, and the remedy', () => {
    expect(() => principalFrom(toAuthorizerContext(program), (T + 931) * 1000)).toThrow(
      expect.objectContaining({
        message: 'This personal access token has expired.',
        details: { reason: 'token_expired', next_step: expect.stringContaining('POST /tokens') },
      }),
    );
  });

  it.each([
    ['keys:read', /Create a personal access token that has this scope/],
    ['account:write', /no personal access token may have/],
  ] as const)('is told how to get the scope %s', (scope, remedy) => {
    expect(() => requireScope(program, scope)).toThrow(
      expect.objectContaining({ details: { scope, next_step: expect.stringMatching(remedy) } }),
    );
  });

  it('may use its models alone, by name or with the provider, and any where it names none', () => {
    const limited = { models: ['openai/gpt-4.1', 'o3'] };
    for (const model of ['gpt-4.1', 'o3']) requireModel(limited, { provider: 'openai', model });
    requireModel({}, { provider: 'openai', model: 'gpt-5' });
    for (const [provider, model] of [
      ['openai', 'gpt-4.1-mini'],
      ['compatible', 'gpt-4.1'],
      ['openai', 'openai/o3'],
    ] as const) {
      expect(() => requireModel(limited, { provider, model })).toThrow(
        expect.objectContaining({ code: 'forbidden' }),
      );
    }
  });

  it('may call its tools alone, those of an alias by its pattern, and any where it names none', () => {
    const limited = { tools: ['todo_list', 'sky__*'] };
    for (const name of ['todo_list', 'sky__forecast', 'sky__']) requireTool(limited, name);
    requireTool({}, 'ai_chat');
    requireTool({ tools: ['/v1'] }, '/v1');
    for (const name of ['todo_create', 'todo_list2', 'skyx__forecast', 'SKY__forecast', '/v1', '']) {
      expect(() => requireTool(limited, name)).toThrow(expect.objectContaining({ code: 'forbidden' }));
    }
  });
});
