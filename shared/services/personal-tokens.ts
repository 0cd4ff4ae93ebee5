import type { CreateTokenBody, TokenEntry } from '#shared/auth/api.ts';
import {
  draftPersonalToken,
  isLive,
  type PersonalToken,
  type PersonalTokenStore,
} from '#shared/auth/personal-tokens.ts';
import type { Principal, TokenBudget } from '#shared/auth/principal.ts';
import type { SessionStore } from '#shared/auth/sessions.ts';
import { formatUsd } from '#shared/core/usd.ts';
import type { Write } from '#shared/core/write.ts';

const iso = (at: number) => new Date(at * 1000).toISOString();
const seconds = (ms: number) => Math.floor(ms / 1000);

const usdOrNull = (microUsd: number | undefined) => (microUsd === undefined ? null : formatUsd(microUsd));
const budgetView = ({ dayMicroUsd, monthMicroUsd }: TokenBudget) => ({
  day_usd: usdOrNull(dayMicroUsd),
  month_usd: usdOrNull(monthMicroUsd),
});

const toTokenEntry = (
  token: PersonalToken,
  { nowMs, usedAt }: { nowMs: number; usedAt?: number | undefined },
): TokenEntry => ({
  token_id: token.id,
  name: token.name,
  status: isLive(token, seconds(nowMs)) ? 'active' : 'expired',
  scopes: token.scopes,
  models: token.models ?? null,
  tools: token.tools ?? null,
  budget: token.budget ? budgetView(token.budget) : null,
  created_at: iso(token.createdAt),
  expires_at: iso(token.expiresAt),
  last_used_at: usedAt === undefined ? null : iso(usedAt),
});

/** @throws {AppError} as `draftPersonalToken` does */
export function createCreatePersonalToken(ports: {
  store: Pick<PersonalTokenStore, 'list' | 'create'>;
  key: () => Promise<Uint8Array>;
  /** Checks the creator's session without a cached result: the token outlives it. */
  admitSession: (creator: Principal, requestId: string) => Promise<void>;
  now: () => number;
}) {
  const { store, key, admitSession, now } = ports;
  return async (
    creator: Principal,
    body: CreateTokenBody,
    requestId: string,
  ): Promise<{ entry: TokenEntry; text: string; write: Write }> => {
    await admitSession(creator, requestId);
    const { token, text, write } = await draftPersonalToken({ store, key: await key(), now }, creator, body);
    return { entry: toTokenEntry(token, { nowMs: now() }), text, write };
  };
}

/** Lists the caller's own tokens, newest first; revoked ones are left out. */
export function createOwnPersonalTokens(ports: {
  store: Pick<PersonalTokenStore, 'list'>;
  sessions: Pick<SessionStore, 'lastUses' | 'look'>;
  now: () => number;
}) {
  const { store, sessions, now } = ports;
  return async ({ ownerId }: Principal): Promise<TokenEntry[]> => {
    const [tokens, uses, { cut }] = await Promise.all([
      store.list(ownerId),
      sessions.lastUses(ownerId),
      sessions.look(ownerId, ''),
    ]);
    return tokens
      .filter(({ revokedAt, signedInAt }) => revokedAt === undefined && signedInAt >= cut.notBefore)
      .map((token) => toTokenEntry(token, { nowMs: now(), usedAt: uses.get(token.id) }));
  };
}

/** The token of another owner is treated as one that does not exist. */
export const createRevokePersonalToken =
  ({ store, now }: { store: Pick<PersonalTokenStore, 'revoke'>; now: () => number }) =>
  ({ ownerId }: Principal, id: string): readonly Write[] =>
    store.revoke(ownerId, id, seconds(now()));
