// Use cases of personal access tokens, over a store in memory.
import { describe, expect, it } from 'vitest';

import { CreateTokenBody } from '#shared/auth/api.ts';
import type { PersonalToken } from '#shared/auth/personal-tokens.ts';
import type { Cut } from '#shared/auth/sessions.ts';
import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import {
  createCreatePersonalToken,
  createOwnPersonalTokens,
  createRevokePersonalToken,
} from '#shared/services/personal-tokens.ts';
import { principalNamed } from '#test/support/callers.ts';

const T = 1_800_000_000;
const alice = principalNamed('alice');
const bob = principalNamed('bob');

const rejected = () => new AppError('not_found');

function given({ cut = {}, uses = [] }: { cut?: Partial<Cut>; uses?: [string, number][] } = {}) {
  const clock = { seconds: T };
  const now = () => clock.seconds * 1000 + 999;
  const rows: { ownerId: OwnerId; token: PersonalToken }[] = [];
  const admitted: string[] = [];
  const store = {
    list: async (ownerId: OwnerId) => rows.filter((row) => row.ownerId === ownerId).map(({ token }) => token),
    create: (ownerId: OwnerId, token: PersonalToken) => ({ item: { ownerId, token }, rejected }),
    revoke: (ownerId: OwnerId, id: string, at: number) => [{ item: ['revoke', ownerId, id, at], rejected }],
  };
  const session = { ended: false };
  const create = createCreatePersonalToken({
    store,
    key: async () => new Uint8Array(32).fill(7),
    async admitSession({ ownerId }, requestId) {
      admitted.push(`${ownerId} ${requestId}`);
      if (session.ended) throw new AppError('unauthenticated');
    },
    now,
  });
  const state: Cut = { notBefore: 0, closedUntil: 0, roles: ['user'], rolesAt: 0, ...cut };
  const own = createOwnPersonalTokens({
    store,
    sessions: { lastUses: async () => new Map(uses), look: async () => ({ cut: state, session: undefined }) },
    now,
  });
  return {
    clock,
    rows,
    admitted,
    session,
    own,
    revoke: createRevokePersonalToken({ store, now }),
    create: async (more: object = {}, creator = alice) => {
      const body = CreateTokenBody.parse({ name: 'ci', scopes: ['ai:use'], expires_in: 3600, ...more });
      const { entry, text, write } = await create(creator, body, 'r1');
      rows.push(write.item as (typeof rows)[number]);
      return { entry, text };
    },
  };
}

describe('a new personal access token', () => {
  it('is described as it was requested, with times in whole seconds', async () => {
    const { entry, text } = await given().create({
      models: ['gpt-5'],
      tools: ['/v1'],
      budget: { day_usd: '1.5' },
    });
    expect(entry).toEqual({
      token_id: expect.stringMatching(/^p_/),
      name: 'ci',
      status: 'active',
      scopes: ['ai:use'],
      models: ['gpt-5'],
      tools: ['/v1'],
      budget: { day_usd: '1.50', month_usd: null },
      created_at: '2027-01-15T08:00:00.000Z',
      expires_at: '2027-01-15T09:00:00.000Z',
      last_used_at: null,
    });
    expect(text).toMatch(/^ptn_/);
  });

  it('without restrictions has null for each of them', async () => {
    const { entry } = await given().create();
    expect(entry).toMatchObject({ models: null, tools: null, budget: null });
  });

  it("is stored for its creator, without its text's being in the row or in the entry", async () => {
    const { create, rows } = given();
    const { entry, text } = await create();
    expect(rows).toMatchObject([{ ownerId: alice.ownerId, token: { id: entry.token_id } }]);
    expect(JSON.stringify([rows, entry])).not.toContain(text);
  });

  it('is made only after the session of its creator was checked', async () => {
    const { create, admitted, session, rows } = given();
    await create();
    expect(admitted).toEqual([`${alice.ownerId} r1`]);
    session.ended = true;
    await expect(create()).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(rows).toHaveLength(1);
  });
});

describe('the list of personal access tokens', () => {
  it('contains the own ones only, with the time of their last use', async () => {
    const { create, own, rows } = given();
    const { entry } = await create();
    await create({}, bob);
    expect(await own(alice)).toEqual([entry]);
    const used = given({ uses: [[entry.token_id, T + 60]] });
    used.rows.push(...rows);
    expect(await used.own(alice)).toMatchObject([{ last_used_at: '2027-01-15T08:01:00.000Z' }]);
  });

  it('marks a token as expired in the second in which it expires', async () => {
    const { create, own, clock } = given();
    await create();
    clock.seconds = T + 3599;
    expect(await own(alice)).toMatchObject([{ status: 'active' }]);
    clock.seconds = T + 3600;
    expect(await own(alice)).toMatchObject([{ status: 'expired' }]);
  });

  it('leaves out revoked tokens, and those of a sign-in before the last revocation of all sessions', async () => {
    const { create, own, rows } = given({ cut: { notBefore: T } });
    await create({}, { ...alice, signedInAt: T });
    await create({}, { ...alice, signedInAt: T - 1 });
    await create();
    const [, , last] = rows;
    if (last) last.token = { ...last.token, revokedAt: T };
    expect((await own(alice)).map(({ token_id }) => token_id)).toEqual([rows[0]?.token.id]);
  });
});

it('a personal access token is revoked by its owner id, at the current second', () => {
  const writes = given().revoke(bob, 'p_any');
  expect(writes.map(({ item }) => item)).toEqual([['revoke', bob.ownerId, 'p_any', T]]);
});
