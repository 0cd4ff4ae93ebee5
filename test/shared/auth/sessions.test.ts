import { describe, expect, it } from 'vitest';

import type { Principal } from '#shared/auth/principal.ts';
import type { Role } from '#shared/auth/scopes.ts';
import { sessionIdOf } from '#shared/auth/session-id.ts';
import { createSessions, type Cut, rejectionFor, type Session } from '#shared/auth/sessions.ts';
import { deriveOwnerId } from '#shared/auth/owner-id.ts';
import { AppError } from '#shared/core/errors.ts';

const T = 1_800_000_000;
/** The promise of the README: a verdict is at most this old. Stated here again, so that a longer one fails. */
const TEN_SECONDS = 10_000;
const open: Cut = { notBefore: 0, closedUntil: 0, roles: ['user'], rolesAt: 0 };
const issuer = 'https://issuer.example';

const principal = (changes: Partial<Principal> = {}): Principal => ({
  ownerId: deriveOwnerId(issuer, 'alice'),
  issuer,
  subject: 'alice',
  scopes: [],
  roles: ['user'],
  sessionId: 's_one',
  client: 'desktop',
  expiresAt: T + 900,
  issuedAt: T,
  signedInAt: T,
  ...changes,
});
const session = (changes: Partial<Session> = {}): Session => ({
  id: 's_one',
  client: 'desktop',
  since: T,
  issuedAt: T,
  expiresAt: T + 900,
  revokedAt: undefined,
  ...changes,
});

describe('the rule', () => {
  const cut = (changes: Partial<Cut>) => ({ ...open, ...changes });
  it.each<[string, Partial<Principal>, Cut, Session | undefined, string | undefined]>([
    ['lets a new session in', {}, open, undefined, undefined],
    ['lets a known one in', {}, open, session(), undefined],
    ['rejects a revoked one', {}, open, session({ revokedAt: T + 1 }), 'session_revoked'],
    [
      'rejects what was signed in before the cut',
      {},
      cut({ notBefore: T + 1 }),
      undefined,
      'session_revoked',
    ],
    ['lets a sign-in of the cut itself in', {}, cut({ notBefore: T }), undefined, undefined],
    [
      'rejects a token that was refreshed after the cut, by the time of its sign-in',
      { issuedAt: T + 600 },
      cut({ notBefore: T + 1 }),
      undefined,
      'session_revoked',
    ],
    [
      'rejects it by when the session was first seen, where the issuer tells no time of sign-in',
      { issuedAt: T + 600, signedInAt: T + 600 },
      cut({ notBefore: T + 1 }),
      session(),
      'session_revoked',
    ],
    [
      'rejects the roles of yesterday',
      { roles: ['admin'] },
      cut({ roles: ['user'], rolesAt: T + 5 }),
      session(),
      'session_roles_changed',
    ],
    [
      'lets an older token with the same roles in',
      { roles: ['admin'] },
      cut({ roles: ['admin'], rolesAt: T + 5 }),
      session(),
      undefined,
    ],
    ['lets newer roles in', { roles: ['admin'] }, cut({ rolesAt: T - 5 }), session(), undefined],
    ['rejects everybody of an erased account', {}, cut({ closedUntil: T + 99 }), undefined, 'account_erased'],
    ['lets them in when that is over', {}, cut({ closedUntil: T - 1 }), undefined, undefined],
  ])('%s', (_what, changes, state, known, expected) => {
    expect(rejectionFor(principal(changes), { cut: state, session: known }, T)).toBe(expected);
  });
});

/** A store in memory that counts, and a clock. */
function setUp() {
  const state = { cut: { ...open }, session: undefined as Session | undefined, down: false, slowMs: 0 };
  const calls = { look: 0, note: 0, noteUse: 0, roles: [] as (readonly Role[])[] };
  const clock = { ms: T * 1000 };
  const sessions = createSessions({
    now: () => clock.ms,
    commitRoles: async (_who, _id, write) => {
      if (write.item === 'late') throw write.rejected();
      calls.roles.push(write.item as readonly Role[]);
    },
    store: {
      async look() {
        calls.look += 1;
        if (state.down) throw new AppError('unavailable');
        clock.ms += state.slowMs;
        return { cut: { ...state.cut }, session: state.session };
      },
      async note(_uid, seen) {
        calls.note += 1;
        state.session = seen;
      },
      async noteUse(_uid, seen, usedAt) {
        calls.noteUse += 1;
        state.session = { ...seen, usedAt };
      },
      rolesSeen(_uid, roles, at) {
        const late = at <= state.cut.rolesAt + 1;
        if (!late) Object.assign(state.cut, { roles, rolesAt: at });
        return { item: late ? 'late' : roles, rejected: () => new AppError('conflict') };
      },
    },
  });
  const admit = (changes?: Partial<Principal>) => sessions.admit(principal(changes), 'req-1');
  return { state, calls, clock, admit };
}

const reason = (name: string) =>
  expect.objectContaining({ code: 'unauthenticated', details: expect.objectContaining({ reason: name }) });

describe('an instance', () => {
  it('reads once in ten seconds and writes once per token under concurrent calls', async () => {
    const { admit, calls, clock } = setUp();
    await Promise.all([admit(), admit(), admit()]);
    clock.ms += TEN_SECONDS - 1;
    await admit();
    expect(calls).toMatchObject({ look: 1, note: 1 });
    clock.ms += 1;
    await admit();
    expect(calls).toMatchObject({ look: 2, note: 1 });
    await admit({ issuedAt: T + 900, expiresAt: T + 1800 });
    expect(calls).toMatchObject({ look: 3, note: 2 });
  });

  it('rejects a revoked session no later than ten seconds after, and goes on rejecting it', async () => {
    const { admit, state, clock, calls } = setUp();
    await admit();
    state.session = session({ revokedAt: T });
    clock.ms += TEN_SECONDS - 1;
    await admit();
    clock.ms += 1;
    await expect(admit()).rejects.toEqual(reason('session_revoked'));
    await expect(admit({ issuedAt: T + 60 })).rejects.toEqual(reason('session_revoked'));
    expect(calls.note).toBe(1);
  });

  it('counts the ten seconds from before the read, however long it took', async () => {
    const { admit, calls, clock, state } = setUp();
    state.slowMs = 8000;
    await admit();
    state.slowMs = 0;
    clock.ms += 1999;
    await admit();
    expect(calls.look).toBe(1);
    clock.ms += 1;
    await admit();
    expect(calls.look).toBe(2);
  });

  it('rejects every call while the store is down', async () => {
    const { admit, state, clock } = setUp();
    await admit();
    state.down = true;
    await admit();
    clock.ms += TEN_SECONDS;
    await expect(admit()).rejects.toMatchObject({ code: 'unavailable' });
    state.down = false;
    await admit();
  });

  it('treats a cached result as stale when the clock was set back', async () => {
    const { admit, clock, calls } = setUp();
    await admit();
    clock.ms -= 60_000;
    await admit();
    expect(calls.look).toBe(2);
  });

  it('remembers a bounded number of sessions', async () => {
    const { admit, calls } = setUp();
    for (let n = 0; n < 1002; n += 1) await admit({ sessionId: `s_${n}` });
    const before = calls.look;
    await admit({ sessionId: 's_1001' });
    expect(calls.look).toBe(before);
    await admit({ sessionId: 's_0' });
    expect(calls.look).toBe(before + 1);
  });

  it('notes other roles once, records that, and ends the tokens that hold the old ones', async () => {
    const { admit, calls, clock } = setUp();
    await admit();
    await admit({ issuedAt: T + 60, roles: ['admin'] });
    expect(calls.roles).toEqual([['admin']]);
    await admit({ issuedAt: T + 61, roles: ['admin'], sessionId: 's_two' });
    expect(calls.roles).toHaveLength(1);
    clock.ms += TEN_SECONDS;
    await expect(admit()).rejects.toEqual(reason('session_roles_changed'));
  });

  it('continues when another instance stored the roles first', async () => {
    const { admit, calls, state } = setUp();
    state.cut.rolesAt = T - 1;
    await admit({ roles: ['admin'] });
    expect(calls.roles).toEqual([]);
  });
});

describe('the name of a session', () => {
  const naming = { issuer, subject: 'alice', signIn: 'x', tokenId: 'y', issuedAt: T };
  it('is one through all refreshes, and another for another person, issuer or sign-in', () => {
    const name = sessionIdOf(naming);
    expect(name).toMatch(/^s_[A-Za-z0-9_-]{22}$/);
    expect(sessionIdOf({ ...naming, tokenId: 'z', issuedAt: T + 900 })).toBe(name);
    const others = [{ issuer: 'i' }, { subject: 'bob' }, { signIn: 'other' }].map((change) =>
      sessionIdOf({ ...naming, ...change }),
    );
    expect(new Set([name, ...others]).size).toBe(4);
  });

  it('is that of the token where the issuer names no sign-in, and there is always one', () => {
    const alone = { ...naming, signIn: undefined };
    expect(sessionIdOf(alone)).toMatch(/^t_/);
    expect(sessionIdOf(alone)).not.toBe(sessionIdOf({ ...alone, tokenId: 'z' }));
    expect(sessionIdOf({ ...alone, tokenId: undefined })).toMatch(/^t_[A-Za-z0-9_-]{22}$/);
  });
});

describe('the session of a personal access token', () => {
  const program = { sessionId: `p_${'a'.repeat(22)}`, expiresAt: T + 86_400, issuedAt: T - 60 };

  it('has its last use noted, once in a minute', async () => {
    const { admit, calls, clock, state } = setUp();
    await admit(program);
    clock.ms += 59_000;
    await admit(program);
    expect(calls).toMatchObject({ look: 2, note: 0, noteUse: 1 });
    clock.ms += 10_000;
    await admit(program);
    expect(calls).toMatchObject({ look: 3, note: 0, noteUse: 2 });
    expect(state.session?.usedAt).toBe(T + 69);
  });

  it('is rejected within ten seconds of its revocation, with its own reason and remedy, and not noted any more', async () => {
    const { admit, calls, clock, state } = setUp();
    await admit(program);
    state.session = session({ id: program.sessionId, revokedAt: T });
    clock.ms += TEN_SECONDS;
    await expect(admit(program)).rejects.toMatchObject({
      code: 'unauthenticated',
      message: 'This personal access token was revoked.',
      details: { reason: 'session_revoked', next_step: expect.stringContaining('POST /tokens') },
    });
    expect(calls.noteUse).toBe(1);
  });

  it.each<[string, Partial<Cut>, string]>([
    ['all sessions of its owner are ended', { notBefore: T + 1 }, 'session_revoked'],
    ['its owner has other roles', { roles: ['auditor'], rolesAt: T }, 'session_roles_changed'],
    ['the account of its owner is erased', { closedUntil: T + 86_400 }, 'account_erased'],
  ])('is rejected once %s', async (_, cut, why) => {
    const { admit, state } = setUp();
    Object.assign(state.cut, cut);
    await expect(admit(program)).rejects.toEqual(reason(why));
  });

  it('never changes the roles of its owner', async () => {
    const { admit, calls } = setUp();
    await admit({ ...program, roles: ['admin'], issuedAt: T });
    expect(calls.roles).toEqual([]);
  });
});
