import { describe, expect, it } from 'vitest';

import type { Cut, Session, SessionStore } from '#shared/auth/sessions.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Write } from '#shared/core/write.ts';
import { createSessionCheck } from '#shared/services/session-check.ts';
import { createOwnSessions, createSessionControl } from '#shared/services/sessions.ts';
import { principalNamed } from '#test/support/callers.ts';
import { createMemoryAudit } from '#test/support/memory-audit.ts';

const T = 1_800_000_000;
const alice = principalNamed('alice');
const admin = principalNamed('root', { roles: ['admin'] });
const OPEN: Cut = { notBefore: 0, closedUntil: 0, roles: ['user'], rolesAt: 0 };

const session = (id: string, changes: Partial<Session> = {}): Session => ({
  id,
  client: undefined,
  since: T - 100,
  issuedAt: T - 50,
  expiresAt: T + 900,
  revokedAt: undefined,
  ...changes,
});

type Asked = readonly [method: string, ...unknown[]];
const write = (...item: Asked): Write => ({ item, rejected: () => new AppError('not_found') });
const now = () => T * 1000 + 250;
const asked = ({ item }: Write) => item as Asked;

function given(sessions: Session[] = [], cut: Partial<Cut> = {}) {
  const state: Cut = { ...OPEN, ...cut };
  const store: SessionStore = {
    look: async (_uid, id) => ({ cut: state, session: sessions.find((one) => one.id === id) }),
    note: async () => undefined,
    noteUse: async () => undefined,
    lastUses: async () => new Map(),
    list: async () => sessions,
    revoke: (ownerId, id, at) => [write('revoke', ownerId, id, at)],
    cutAt: (ownerId, notBefore) => write('cutAt', ownerId, notBefore),
    close: (ownerId, from, until) => write('close', ownerId, from, until),
    rolesSeen: (ownerId, roles, at) => write('rolesSeen', ownerId, roles, at),
  };
  const committed: Write[] = [];
  const memory = createMemoryAudit(async (writes) => void committed.push(...writes));
  return {
    ...memory,
    committed,
    own: createOwnSessions({ store, now }),
    control: createSessionControl({ store, audit: memory.audit, now }),
    check: createSessionCheck({ store, audit: memory.audit, now }),
  };
}

const ids = async (sessions: Session[], cut: Partial<Cut> = {}) =>
  (await given(sessions, cut).own(alice)).map(({ session_id }) => session_id);

describe("the list of a caller's sessions", () => {
  it('marks the one that the request was made in, with its times', async () => {
    const [listed] = await given([session(alice.sessionId, { client: 'desktop' })]).own(alice);
    expect(listed).toEqual({
      session_id: alice.sessionId,
      client: 'desktop',
      current: true,
      since: '2027-01-15T07:58:20.000Z',
      last_token_at: '2027-01-15T07:59:10.000Z',
      token_expires_at: '2027-01-15T08:15:00.000Z',
    });
  });

  it('leaves out revoked sessions, and those that began before the last cut', async () => {
    const [live, revoked, old] = [
      session('s_live'),
      session('s_revoked', { revokedAt: T }),
      session('s_old', { since: T - 999 }),
    ];
    expect(await ids([live, revoked, old], { notBefore: T - 200 })).toEqual(['s_live']);
  });

  it('contains a session of an issuer as long as it may be refreshed, and one without an id until its token expires', async () => {
    const expired = { expiresAt: T - 1 };
    expect(await ids([session('s_idle', expired), session('t_idle', expired), session('t_live')])).toEqual([
      's_idle',
      't_live',
    ]);
  });
});

describe('the end of sessions', () => {
  it('is a revocation of one session, at the current second', () => {
    expect(given().control.end(alice, 's_one').map(asked)).toEqual([['revoke', alice.ownerId, 's_one', T]]);
  });

  it('of all is a cut one second ahead, because tokens carry whole seconds', () => {
    expect(asked(given().control.endAll(alice.ownerId))).toEqual(['cutAt', alice.ownerId, T + 1]);
  });

  it('of an erased account lasts as long as its backups', () => {
    expect(asked(given().control.closeAccount(alice.ownerId, 36))).toEqual([
      'close',
      alice.ownerId,
      T + 1,
      T + 36 * 86_400,
    ]);
  });

  it("by an admin leaves a record in that user's own trail", async () => {
    const { control, commit, drafts, committed } = given();
    const { ownerId, writes } = control.endAllOfUser(admin, 'alice', 'r1');
    expect(ownerId).toBe(alice.ownerId);
    await commit(writes);
    expect(committed.map(asked)).toEqual([['cutAt', alice.ownerId, T + 1]]);
    expect(drafts).toMatchObject([
      {
        ownerId: alice.ownerId,
        act: 'sessions.revoked',
        target: 'all',
        requestId: 'r1',
        meta: { on_behalf: 'admin' },
      },
    ]);
  });
});

describe('the session check', () => {
  it('records a change of roles together with the roles', async () => {
    const { check, drafts, committed } = given();
    const promoted = { ...alice, roles: ['user', 'admin'] as const, issuedAt: T };
    await check.admit(promoted, 'r1');
    expect(drafts).toMatchObject([
      { act: 'roles.changed', requestId: 'r1', meta: { outcome: 'user admin' } },
    ]);
    expect(committed.map(asked)).toEqual([['rolesSeen', alice.ownerId, ['user', 'admin'], T]]);
  });

  it('records nothing for known roles, and rejects a revoked session', async () => {
    const known = given();
    await known.check.admit(alice, 'r1');
    expect(known.drafts).toEqual([]);
    const { check } = given([session(alice.sessionId, { revokedAt: T })]);
    await expect(check.admit(alice, 'r1')).rejects.toMatchObject({
      code: 'unauthenticated',
      details: { reason: 'session_revoked' },
    });
  });
});
