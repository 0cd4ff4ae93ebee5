// Session revocation. JWTs stay valid until they expire; every function checks the session before it works and may
// cache the result for ten seconds, which is the maximum delay of a revocation.
import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { singleFlight } from '#shared/core/single-flight.ts';
import type { Write } from '#shared/core/write.ts';

import type { Principal } from './principal.ts';
import type { Role } from './scopes.ts';
import { isPersonalSession } from './session-id.ts';
import { CREATE_ANOTHER } from './token-rejection.ts';

/** Times are seconds since the epoch. */
export type Session = {
  readonly id: string;
  readonly client: string | undefined;
  /** Issue time of the first token seen. */
  readonly since: number;
  /** Issue time of the newest token seen. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | undefined;
  /** Last use of a personal access token, to the minute. */
  readonly usedAt?: number | undefined;
};

/** State that applies to all sessions of a person. */
export type Cut = {
  /** Sign-ins before this time are revoked. */
  readonly notBefore: number;
  /** Erased account: tokens are rejected until this time. */
  readonly closedUntil: number;
  /** Roles of the newest token and the time since when. Without a record: user. */
  readonly roles: readonly Role[];
  readonly rolesAt: number;
};

export type SessionRejection = 'session_revoked' | 'session_roles_changed' | 'account_erased';

/** Port. */
export type SessionStore = {
  /** One strongly consistent read. */
  readonly look: (ownerId: OwnerId, sessionId: string) => Promise<{ cut: Cut; session: Session | undefined }>;
  /** Stores the newest token's data; has no effect if a newer one is stored. */
  readonly note: (ownerId: OwnerId, session: Session) => Promise<void>;
  /** Stores the last use of a personal access token. Has no effect if a later use is stored. */
  readonly noteUse: (ownerId: OwnerId, session: Session, usedAt: number) => Promise<void>;
  /** Time of the last use of each personal access token that was used, by its session's id. */
  readonly lastUses: (ownerId: OwnerId) => Promise<ReadonlyMap<string, number>>;
  /** Newest first, at most 200, without those of personal access tokens. */
  readonly list: (ownerId: OwnerId) => Promise<Session[]>;
  /** Rejected with `not_found` unless the session exists and is not revoked. Writes of one transaction. */
  readonly revoke: (ownerId: OwnerId, sessionId: string, at: number) => readonly Write[];
  readonly cutAt: (ownerId: OwnerId, notBefore: number) => Write;
  readonly close: (ownerId: OwnerId, from: number, until: number) => Write;
  /** Rejected with `conflict` if a newer token recorded other roles. */
  readonly rolesSeen: (ownerId: OwnerId, roles: readonly Role[], at: number) => Write;
};

export type Sessions = {
  /**
   * @throws {AppError} `unauthenticated` with its reason class if the session was revoked; errors of the store, so that
   * nobody is admitted while it is unavailable
   */
  readonly admit: (principal: Principal, requestId: string) => Promise<void>;
};

export type SessionPorts = {
  readonly store: Pick<SessionStore, 'look' | 'note' | 'noteUse' | 'rolesSeen'>;
  /** Writes the change of roles together with its record. */
  readonly commitRoles: (principal: Principal, requestId: string, write: Write) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** Cache time of a result per instance. The documented maximum is 60 seconds. */
const VERDICT_CACHE_MS = 10_000;
const MAX_CACHED = 1000;
/** The last use of a personal access token is noted to this precision. */
const USE_SECONDS = 60;

const DETAIL: Readonly<Record<SessionRejection, string>> = {
  session_revoked: 'The session was revoked.',
  session_roles_changed: 'The roles of the user changed after the token was issued.',
  account_erased: 'The account was erased.',
};

const PERSONAL_DETAIL: Readonly<Record<SessionRejection, string>> = {
  ...DETAIL,
  session_revoked: 'This personal access token was revoked.',
  session_roles_changed: 'Your roles have changed since this personal access token was created.',
};

const sessionRejected = (reason: SessionRejection, sessionId: string): AppError =>
  isPersonalSession(sessionId)
    ? new AppError('unauthenticated', PERSONAL_DETAIL[reason], { reason, next_step: CREATE_ANOTHER })
    : new AppError('unauthenticated', DETAIL[reason], { reason, next_step: 'Sign in again.' });

const same = (one: readonly Role[], other: readonly Role[]) =>
  one.length === other.length && one.every((role) => other.includes(role));

/** Revocation rules. */
export function rejectionFor(
  { signedInAt, issuedAt, roles }: Pick<Principal, 'signedInAt' | 'issuedAt' | 'roles'>,
  { cut, session }: { cut: Cut; session: Session | undefined },
  nowSeconds: number,
): SessionRejection | undefined {
  if (cut.closedUntil > nowSeconds) return 'account_erased';
  if (session?.revokedAt !== undefined) return 'session_revoked';
  if (Math.min(signedInAt, session?.since ?? signedInAt) < cut.notBefore) return 'session_revoked';
  if (issuedAt < cut.rolesAt && !same(roles, cut.roles)) return 'session_roles_changed';
  return undefined;
}

type Verdict = { readonly rejection: SessionRejection | undefined; readonly at: number };

export function createSessions({ store, commitRoles, now }: SessionPorts): Sessions {
  const cache = new Map<string, Verdict>();
  const flights = singleFlight<Verdict>();

  function cachedVerdict(name: string): Verdict | undefined {
    const known = cache.get(name);
    const age = known ? now() - known.at : Number.POSITIVE_INFINITY;
    return age >= 0 && age < VERDICT_CACHE_MS ? known : undefined; // an entry from the future is stale: the clock was set back
  }

  function cacheVerdict(name: string, verdict: Verdict): Verdict {
    cache.delete(name);
    const [oldest] = cache.keys();
    if (cache.size >= MAX_CACHED && oldest !== undefined) cache.delete(oldest);
    cache.set(name, verdict);
    return verdict;
  }

  /** Stores the time only: roles of a personal access token are those of its creation. */
  async function noteUse(principal: Principal, session: Session | undefined): Promise<void> {
    const { ownerId, sessionId: id, client, issuedAt, expiresAt } = principal;
    const usedAt = Math.floor(now() / 1000);
    if (session?.usedAt !== undefined && usedAt - session.usedAt < USE_SECONDS) return;
    await store.noteUse(
      ownerId,
      { id, client, since: issuedAt, issuedAt, expiresAt, revokedAt: undefined },
      usedAt,
    );
  }

  /** Stores a token once, when it is first seen by any instance; roles only if they changed. */
  async function note(principal: Principal, requestId: string, seen: Awaited<ReturnType<typeof store.look>>) {
    const { ownerId, sessionId: id, client, issuedAt, expiresAt, roles } = principal;
    const { session, cut } = seen;
    if (!session || session.issuedAt < issuedAt) {
      const since = session?.since ?? issuedAt;
      await store.note(ownerId, { id, client, since, issuedAt, expiresAt, revokedAt: undefined });
    }
    if (issuedAt <= cut.rolesAt || same(roles, cut.roles)) return;
    try {
      await commitRoles(principal, requestId, store.rolesSeen(ownerId, roles, issuedAt));
    } catch (error) {
      // A concurrent request stored a newer token. The next read returns it.
      if (!(error instanceof AppError && error.code === 'conflict')) throw error;
    }
  }

  const noteAdmitted: typeof note = (principal, requestId, seen) =>
    isPersonalSession(principal.sessionId)
      ? noteUse(principal, seen.session)
      : note(principal, requestId, seen);

  async function readVerdict(name: string, principal: Principal, requestId: string): Promise<Verdict> {
    const at = now(); // time before the read: the age of the result counts from here
    const seen = await store.look(principal.ownerId, principal.sessionId);
    const rejection = rejectionFor(principal, seen, at / 1000);
    if (rejection === undefined) await noteAdmitted(principal, requestId, seen);
    return cacheVerdict(name, { rejection, at });
  }

  return {
    async admit(principal, requestId) {
      const { ownerId, sessionId, issuedAt, roles } = principal;
      const name = [ownerId, sessionId, issuedAt, ...roles].join(' ');
      const { rejection } =
        cachedVerdict(name) ?? (await flights(name, () => readVerdict(name, principal, requestId)));
      if (rejection !== undefined) throw sessionRejected(rejection, sessionId);
    },
  };
}
