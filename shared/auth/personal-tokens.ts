// Personal access tokens: an owner's program signs in with one, for as long as a year. The authorizer proves that a token is
// genuine; whether it was revoked is the session check's part, as for every token, and its expiry is checked in each function.
import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { microUsdOf } from '#shared/core/usd.ts';
import type { Write } from '#shared/core/write.ts';

import type { CreateTokenBody } from './api.ts';
import { hashPersonalToken, isSameHash, newPersonalToken, parsePersonalToken } from './personal-token.ts';
import type { Principal, TokenBudget } from './principal.ts';
import { PERSONAL_SCOPES, type Role, type Scope, SCOPES_OF } from './scopes.ts';
import { isPersonalSession } from './session-id.ts';
import { tokenRejected } from './token-rejection.ts';

/** Times are seconds since the epoch. */
export type PersonalToken = {
  /** Its session's id too. */
  readonly id: string;
  readonly name: string;
  /** Keyed, of the token's text. */
  readonly hash: string;
  readonly issuer: string;
  readonly subject: string;
  readonly scopes: readonly Scope[];
  /** Roles of its owner at its creation: with other roles it is no longer valid. */
  readonly roles: readonly Role[];
  readonly models?: readonly string[] | undefined;
  readonly tools?: readonly string[] | undefined;
  readonly budget?: TokenBudget | undefined;
  readonly createdAt: number;
  readonly expiresAt: number;
  /**
   * Times of the access token that created it. Revocations of its owner's sessions and changes of their roles apply
   * to it as well, even if it was created while an instance still had an earlier result cached.
   */
  readonly issuedAt: number;
  readonly signedInAt: number;
  readonly revokedAt?: number | undefined;
};

/** Port. */
export type PersonalTokenStore = {
  /** One strongly consistent read. */
  readonly find: (ownerId: OwnerId, id: string) => Promise<PersonalToken | undefined>;
  /** All, revoked and expired ones too while they are kept. */
  readonly list: (ownerId: OwnerId) => Promise<PersonalToken[]>;
  readonly create: (ownerId: OwnerId, token: PersonalToken) => Write;
  /** From now on its session is ended. Rejected with `not_found` unless it exists and was not revoked before. */
  readonly revoke: (ownerId: OwnerId, id: string, at: number) => readonly Write[];
};

/** Cache time of a token per instance, equal to that of authorizer results in API Gateway. */
const KEPT_MS = 60_000;
const MAX_KEPT = 1000;
/** Live tokens of one owner. Two requests at once may pass it by one. */
const MAX_LIVE = 50;

export const isLive = ({ revokedAt, expiresAt }: PersonalToken, nowSeconds: number): boolean =>
  revokedAt === undefined && expiresAt > nowSeconds;

const toPrincipal = (ownerId: OwnerId, token: PersonalToken): Principal => ({
  ownerId,
  issuer: token.issuer,
  subject: token.subject,
  scopes: token.scopes,
  roles: token.roles,
  sessionId: token.id,
  models: token.models,
  tools: token.tools,
  budget: token.budget,
  expiresAt: token.expiresAt,
  issuedAt: token.issuedAt,
  signedInAt: token.signedInAt,
});

/** Both the creating token and one of its roles must allow each scope. @throws {AppError} `insufficient_scope` */
function checkScopes({ scopes, roles }: Principal, wanted: readonly Scope[]): void {
  const allowed = PERSONAL_SCOPES.filter(
    (scope) => scopes.includes(scope) && roles.some((role) => SCOPES_OF[role].includes(scope)),
  );
  const denied = wanted.filter((scope) => !allowed.includes(scope));
  if (denied.length === 0) return;
  const reserved = denied.filter((scope) => !PERSONAL_SCOPES.includes(scope));
  throw new AppError(
    'insufficient_scope',
    reserved.length > 0
      ? 'No personal access token may have these scopes.'
      : 'A personal access token cannot have more scopes than its creator.',
    {
      issues: denied.map((scope) => ({ path: 'body.scopes', message: `must not contain ${scope}` })),
      next_step: `Leave them out. Allowed here: ${allowed.join(', ') || 'none'}.`,
    },
  );
}

function budgetOf({ day_usd, month_usd }: NonNullable<CreateTokenBody['budget']>): TokenBudget {
  return {
    ...(day_usd !== undefined && { dayMicroUsd: microUsdOf(day_usd) }),
    ...(month_usd !== undefined && { monthMicroUsd: microUsdOf(month_usd) }),
  };
}

type Ports = {
  readonly store: Pick<PersonalTokenStore, 'list' | 'create'>;
  /** Keys the hashes. */
  readonly key: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/**
 * @returns the token's text, which cannot be read again, and the write that makes it valid
 * @throws {AppError} `insufficient_scope`, `forbidden` to a personal access token, `conflict` when there are too many
 */
export async function draftPersonalToken(
  { store, key, now }: Ports,
  creator: Principal,
  { name, scopes, expires_in, models, tools, budget }: CreateTokenBody,
): Promise<{ token: PersonalToken; text: string; write: Write }> {
  const { ownerId, issuer, subject, roles, issuedAt, signedInAt } = creator;
  if (isPersonalSession(creator.sessionId)) {
    throw new AppError('forbidden', 'A personal access token cannot create another.', {
      next_step: 'Sign in, and create it with that access token.',
    });
  }
  checkScopes(creator, scopes);
  const createdAt = Math.floor(now() / 1000);
  const live = (await store.list(ownerId)).filter((token) => isLive(token, createdAt));
  if (live.length >= MAX_LIVE) {
    throw new AppError('conflict', `You have ${MAX_LIVE} personal access tokens, the most there may be.`, {
      next_step: 'Revoke one that you no longer need with DELETE /tokens/{token_id}.',
    });
  }
  const { id, text } = newPersonalToken(ownerId);
  const token: PersonalToken = {
    id,
    name,
    hash: hashPersonalToken(key, text),
    issuer,
    subject,
    scopes: [...new Set(scopes)],
    roles,
    ...(models && { models: [...new Set(models)] }),
    ...(tools && { tools: [...new Set(tools)] }),
    ...(budget && { budget: budgetOf(budget) }),
    createdAt,
    expiresAt: createdAt + expires_in,
    issuedAt,
    signedInAt,
  };
  return { token, text, write: store.create(ownerId, token) };
}

/** @throws {AppError} `unauthenticated` with its reason class */
export type ResolvePersonalToken = (text: string) => Promise<Principal>;

export function createResolvePersonalToken(ports: {
  readonly store: Pick<PersonalTokenStore, 'find'>;
  readonly key: () => Promise<Uint8Array>;
  /**
   * True if access tokens of this issuer are accepted; otherwise the personal access tokens of its users are rejected
   * as well.
   */
  readonly isTrusted: (issuer: string) => boolean;
  readonly now: () => number;
}): ResolvePersonalToken {
  const { store, key, isTrusted, now } = ports;
  const kept = new Map<string, { principal: Principal; until: number }>();

  return async (text) => {
    const { ownerId, id } = parsePersonalToken(text);
    const hash = hashPersonalToken(await key(), text);
    const known = kept.get(hash);
    if (known && known.until > now()) return known.principal;
    const until = now() + KEPT_MS; // from before the read: what is read is as old as that
    const token = await store.find(ownerId, id);
    if (!token || !isSameHash(token.hash, hash)) throw tokenRejected('token_unknown');
    if (!isTrusted(token.issuer)) throw tokenRejected('token_untrusted_issuer');
    const principal = toPrincipal(ownerId, token);
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(hash, { principal, until });
    return principal;
  };
}
