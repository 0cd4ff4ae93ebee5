import type { Audit } from '#shared/audit/audit.ts';
import type { SessionEntry } from '#shared/auth/api.ts';
import type { Principal } from '#shared/auth/principal.ts';
import type { SessionStore } from '#shared/auth/sessions.ts';
import { deriveOwnerId } from '#shared/auth/owner-id.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';

const iso = (at: number) => new Date(at * 1000).toISOString();

type Ports = { readonly store: SessionStore; readonly now: () => number };

export function createSessionControl({ store, audit, now }: Ports & { audit: Pick<Audit, 'record'> }) {
  const seconds = () => Math.floor(now() / 1000);
  /** Tokens carry whole seconds: one issued in this very second is treated as older, never as newer. */
  const nextSecond = () => seconds() + 1;

  /** Ends every session that began until now, refreshed or not. */
  const endAll = (ownerId: OwnerId): Write => store.cutAt(ownerId, nextSecond());

  return {
    endAll,

    /** Another user's session is treated as one that does not exist. */
    end: ({ ownerId }: Principal, sessionId: string): readonly Write[] =>
      store.revoke(ownerId, sessionId, seconds()),

    /** Every token of this user is rejected until the backups no longer contain their data. */
    closeAccount: (ownerId: OwnerId, days: number): Write =>
      store.close(ownerId, nextSecond(), seconds() + days * 24 * 3600),

    /** Ends the sessions of a user of the admin's own issuer; a record in that user's trail reports it. */
    endAllOfUser({ issuer }: Principal, userId: string, requestId: string) {
      const ownerId = deriveOwnerId(issuer, userId);
      const record = audit.record({
        ownerId,
        category: 'authentication',
        act: 'sessions.revoked',
        result: 'succeeded',
        requestId,
        target: 'all',
        meta: { on_behalf: 'admin' },
      });
      return { ownerId, writes: [endAll(ownerId), record] };
    },
  };
}

/** Lists the caller's own sessions in which a token can still be used. */
export const createOwnSessions =
  ({ store, now }: Ports) =>
  async ({ ownerId, sessionId }: Principal): Promise<SessionEntry[]> => {
    const [all, { cut }] = await Promise.all([store.list(ownerId), store.look(ownerId, sessionId)]);
    const nowSeconds = Math.floor(now() / 1000);
    const live = all.filter(
      ({ id, since, expiresAt, revokedAt }) =>
        revokedAt === undefined && since >= cut.notBefore && (id.startsWith('s_') || expiresAt > nowSeconds),
    );
    return live.map(({ id, client, since, issuedAt, expiresAt }) => ({
      session_id: id,
      client: client ?? null,
      current: id === sessionId,
      since: iso(since),
      last_token_at: iso(issuedAt),
      token_expires_at: iso(expiresAt),
    }));
  };
