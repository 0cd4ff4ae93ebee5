// Tokens are believed by their signature; sessions take that belief back. Every function asks before it works, and may
// remember the answer for ten seconds: that, and nothing else, is how late a revocation can be.
import { AppError } from '#shared/core/errors.ts';
import type { Uid } from '#shared/core/ids.ts';
import { singleFlight } from '#shared/core/single-flight.ts';
import type { Write } from '#shared/core/write.ts';

import type { Principal } from './principal.ts';
import type { Role } from './scopes.ts';

/** Times are seconds since the epoch. */
export type Session = {
  readonly id: string;
  readonly client: string | undefined;
  /** When the first token of it that we saw was issued. */
  readonly since: number;
  /** When the newest was. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | undefined;
};

/** What holds for all sessions of a person. */
export type Cut = {
  /** Sign-ins before this count no more. */
  readonly notBefore: number;
  /** Nobody gets in before this: the account was erased. */
  readonly closedUntil: number;
  /** The roles last seen, and since when. Nothing recorded: a user. */
  readonly roles: readonly Role[];
  readonly rolesAt: number;
};

export type SessionRefusal = 'session_revoked' | 'session_roles_changed' | 'account_erased';

/** Port. */
export type SessionStore = {
  /** One strongly consistent read. */
  readonly look: (uid: Uid, sessionId: string) => Promise<{ cut: Cut; session: Session | undefined }>;
  /** Keeps the newest token's data; does nothing when a newer one was noted. */
  readonly note: (uid: Uid, session: Session) => Promise<void>;
  /** Newest first, 200 at most. */
  readonly list: (uid: Uid) => Promise<Session[]>;
  /** Rejected with `not_found` unless it is there and was not revoked before. Writes of one transaction. */
  readonly revoke: (uid: Uid, sessionId: string, at: number) => readonly Write[];
  readonly cutAt: (uid: Uid, notBefore: number) => Write;
  readonly close: (uid: Uid, from: number, until: number) => Write;
  /** Refused with `conflict` when a newer token showed other roles meanwhile. */
  readonly rolesSeen: (uid: Uid, roles: readonly Role[], at: number) => Write;
};

export type Sessions = {
  /**
   * @throws {AppError} `unauthenticated` with its reason class when the session was ended; whatever the store throws when it
   * cannot be asked: nobody is let in on a guess
   */
  readonly admit: (principal: Principal, requestId: string) => Promise<void>;
};

export type SessionPorts = {
  readonly store: Pick<SessionStore, 'look' | 'note' | 'rolesSeen'>;
  /** Writes the change of roles together with its record. */
  readonly commitRoles: (principal: Principal, requestId: string, write: Write) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** How long an instance believes what it read. The promise to users is 60 seconds. */
const BELIEVED_MS = 10_000;
const MAX_REMEMBERED = 1000;

const DETAIL: Readonly<Record<SessionRefusal, string>> = {
  session_revoked: 'The session was revoked.',
  session_roles_changed: 'The roles of the user changed after the token was issued.',
  account_erased: 'The account was erased.',
};

const sessionRefused = (reason: SessionRefusal): AppError =>
  new AppError('unauthenticated', DETAIL[reason], { reason, next_step: 'Sign in again.' });

const same = (one: readonly Role[], other: readonly Role[]) =>
  one.length === other.length && one.every((role) => other.includes(role));

/** The rule itself. */
export function refusalFor(
  { signedInAt, issuedAt, roles }: Pick<Principal, 'signedInAt' | 'issuedAt' | 'roles'>,
  { cut, session }: { cut: Cut; session: Session | undefined },
  nowSeconds: number,
): SessionRefusal | undefined {
  if (cut.closedUntil > nowSeconds) return 'account_erased';
  if (session?.revokedAt !== undefined) return 'session_revoked';
  if (Math.min(signedInAt, session?.since ?? signedInAt) < cut.notBefore) return 'session_revoked';
  if (issuedAt < cut.rolesAt && !same(roles, cut.roles)) return 'session_roles_changed';
  return undefined;
}

type Verdict = { readonly refusal: SessionRefusal | undefined; readonly at: number };

export function createSessions({ store, commitRoles, now }: SessionPorts): Sessions {
  const remembered = new Map<string, Verdict>();
  const flights = singleFlight<Verdict>();

  function believed(name: string): Verdict | undefined {
    const known = remembered.get(name);
    const age = known ? now() - known.at : Number.POSITIVE_INFINITY;
    return age >= 0 && age < BELIEVED_MS ? known : undefined; // a clock that went back makes it old
  }

  function remember(name: string, verdict: Verdict): Verdict {
    remembered.delete(name);
    const [oldest] = remembered.keys();
    if (remembered.size >= MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    remembered.set(name, verdict);
    return verdict;
  }

  /** A token is noted once, when it is first seen anywhere; roles only when they differ from the last ones. */
  async function note(principal: Principal, requestId: string, seen: Awaited<ReturnType<typeof store.look>>) {
    const { uid, sessionId: id, client, issuedAt, expiresAt, roles } = principal;
    const { session, cut } = seen;
    if (!session || session.issuedAt < issuedAt) {
      const since = session?.since ?? issuedAt;
      await store.note(uid, { id, client, since, issuedAt, expiresAt, revokedAt: undefined });
    }
    if (issuedAt <= cut.rolesAt || same(roles, cut.roles)) return;
    try {
      await commitRoles(principal, requestId, store.rolesSeen(uid, roles, issuedAt));
    } catch (error) {
      // Another instance was quicker, with a newer token. The next look sees it.
      if (!(error instanceof AppError && error.code === 'conflict')) throw error;
    }
  }

  async function ask(name: string, principal: Principal, requestId: string): Promise<Verdict> {
    const at = now(); // before the question: the answer is as old as that
    const seen = await store.look(principal.uid, principal.sessionId);
    const refusal = refusalFor(principal, seen, at / 1000);
    if (refusal === undefined) await note(principal, requestId, seen);
    return remember(name, { refusal, at });
  }

  return {
    async admit(principal, requestId) {
      const { uid, sessionId, issuedAt, roles } = principal;
      const name = [uid, sessionId, issuedAt, ...roles].join(' ');
      const { refusal } = believed(name) ?? (await flights(name, () => ask(name, principal, requestId)));
      if (refusal !== undefined) throw sessionRefused(refusal);
    },
  };
}
