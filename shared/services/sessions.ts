import type { SessionEntry } from '#shared/auth/api.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { uidOf } from '#shared/auth/uid.ts';
import type { Uid } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';

import { audit } from './audit.ts';
import { sessionStore } from './session-store.ts';

const seconds = () => Math.floor(Date.now() / 1000);
/** Tokens carry whole seconds: one issued in this very second is taken for older, never for newer. */
const nextSecond = () => seconds() + 1;
const iso = (at: number) => new Date(at * 1000).toISOString();

/** Needs `sessions:list`. The caller's own sessions that a token can still be used in. */
export async function ownSessions({ uid, sessionId }: Principal): Promise<SessionEntry[]> {
  const [all, { cut }] = await Promise.all([sessionStore().list(uid), sessionStore().look(uid, sessionId)]);
  const live = all.filter(
    ({ id, since, expiresAt, revokedAt }) =>
      revokedAt === undefined && since >= cut.notBefore && (id.startsWith('s_') || expiresAt > seconds()),
  );
  return live.map(({ id, client, since, issuedAt, expiresAt }) => ({
    session_id: id,
    client: client ?? null,
    current: id === sessionId,
    since: iso(since),
    last_token_at: iso(issuedAt),
    token_expires_at: iso(expiresAt),
  }));
}

/** Needs `sessions:end`. Another user's session is treated as one that does not exist. */
export const endSession = ({ uid }: Principal, sessionId: string): readonly Write[] =>
  sessionStore().revoke(uid, sessionId, seconds());

/** Needs `sessions:end`. Every session that began until now, refreshed or not. */
export const endAllSessions = (uid: Uid): Write => sessionStore().cutAt(uid, nextSecond());

/** Needs `sessions:end`. Every token of this user is rejected until the backups no longer contain their data. */
export const closeAccount = (uid: Uid, days: number): Write =>
  sessionStore().close(uid, nextSecond(), seconds() + days * 24 * 3600);

/** Needs `sessions:end`, `audit:write`. For a user of the admin's own issuer; a record in that user's trail reports it. */
export function endSessionsOf({ issuer }: Principal, userId: string, reqId: string) {
  const uid = uidOf(issuer, userId);
  const told = audit().record({
    uid,
    category: 'authentication',
    act: 'sessions.revoked',
    result: 'succeeded',
    reqId,
    target: 'all',
    meta: { on_behalf: 'admin' },
  });
  return { uid, writes: [endAllSessions(uid), told] };
}
