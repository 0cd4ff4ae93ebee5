import type { CreateTokenBody, TokenEntry } from '#shared/auth/api.ts';
import { draftPersonalToken, isLive, type PersonalToken } from '#shared/auth/personal-tokens.ts';
import type { Principal } from '#shared/auth/principal.ts';
import type { Write } from '#shared/core/write.ts';

import { personalTokenStore } from './personal-token-store.ts';
import { admitSessionNow } from './session-check.ts';
import { sessionStore } from './session-store.ts';
import { stageKey } from './stage-secret.ts';

const seconds = () => Math.floor(Date.now() / 1000);
const iso = (at: number) => new Date(at * 1000).toISOString();

const entryOf = (token: PersonalToken, usedAt: number | undefined): TokenEntry => ({
  token_id: token.id,
  name: token.name,
  status: isLive(token, seconds()) ? 'active' : 'expired',
  scopes: token.scopes,
  models: token.models ?? null,
  created_at: iso(token.createdAt),
  expires_at: iso(token.expiresAt),
  last_used_at: usedAt === undefined ? null : iso(usedAt),
});

/** Needs `personal-tokens:create`, `sessions:check`, `audit:write`. @throws {AppError} as `draftPersonalToken` does */
export async function createPersonalToken(
  creator: Principal,
  body: CreateTokenBody,
  requestId: string,
): Promise<{ entry: TokenEntry; text: string; write: Write }> {
  await admitSessionNow(creator, requestId);
  const key = await stageKey('personal-tokens');
  const made = await draftPersonalToken({ store: personalTokenStore(), key, now: Date.now }, creator, body);
  return { entry: entryOf(made.token, undefined), text: made.text, write: made.write };
}

/** Needs `personal-tokens:list`, `sessions:list`. The caller's own, newest first; revoked ones are left out. */
export async function ownPersonalTokens({ uid }: Principal): Promise<TokenEntry[]> {
  const [tokens, uses, { cut }] = await Promise.all([
    personalTokenStore().list(uid),
    sessionStore().lastUses(uid),
    sessionStore().look(uid, ''),
  ]);
  return tokens
    .filter(({ revokedAt, signedInAt }) => revokedAt === undefined && signedInAt >= cut.notBefore)
    .map((token) => entryOf(token, uses.get(token.id)));
}

/** Needs `personal-tokens:revoke`. The token of another owner is one that does not exist. */
export const revokePersonalToken = ({ uid }: Principal, id: string): readonly Write[] =>
  personalTokenStore().revoke(uid, id, seconds());
