import * as z from 'zod/mini';

import { AppError } from '#shared/core/errors.ts';
import { Uid } from '#shared/core/ids.ts';

import { PERSONAL_SCOPES, Role, ROLES, Scope, SCOPES, SCOPES_OF } from './scopes.ts';
import { isPersonalSession } from './session-id.ts';
import { personalTokenExpired, tokenExpired } from './token-refusal.ts';

/** Authenticated caller: derived from a verified token, never from request input. */
export const Principal = z.object({
  uid: Uid,
  issuer: z.string().check(z.minLength(1)),
  subject: z.string().check(z.minLength(1)),
  scopes: z.readonly(z.array(Scope)),
  roles: z.readonly(z.array(Role)),
  /** See session-id.ts. */
  sessionId: z.string().check(z.minLength(1)),
  /** Client name as stated by the issuer. */
  client: z.optional(z.string()),
  /** Models that a restricted personal access token may use. */
  models: z.optional(z.readonly(z.array(z.string()))),
  /** Seconds since the epoch. */
  expiresAt: z.int(),
  issuedAt: z.int(),
  signedInAt: z.int(),
});
export type Principal = z.infer<typeof Principal>;

const Seconds = z.coerce.number().check(z.int(), z.positive());

/** Context passed from the authorizer to the functions. API Gateway converts every value to a string. */
const AuthorizerContext = z.object({
  uid: Uid,
  iss: z.string().check(z.minLength(1)),
  sub: z.string().check(z.minLength(1)),
  scopes: z.string(),
  roles: z.string(),
  sid: z.string().check(z.regex(/^[stp]_[A-Za-z0-9_-]{22}$/)),
  client: z.optional(z.string()),
  models: z.optional(z.string()),
  exp: Seconds,
  iat: Seconds,
  auth: Seconds,
});

const known = <T extends string>(all: readonly T[], given: string): T[] => {
  const words = new Set(given.split(' '));
  return all.filter((one) => words.has(one));
};

/** Allowed clock skew in seconds. */
const CLOCK_TOLERANCE = 30;

/**
 * Caller as verified by the authorizer. The expiry is checked again: a cached authorizer result may outlive the token.
 * @throws {AppError} `unauthenticated`
 */
export function principalFrom(context: unknown, nowMs: number): Principal {
  const parsed = AuthorizerContext.safeParse(context);
  if (!parsed.success) throw new AppError('unauthenticated');
  const { uid, iss, sub, scopes, roles, sid, client, models, exp, iat, auth } = parsed.data;
  if (exp + CLOCK_TOLERANCE <= nowMs / 1000) {
    throw isPersonalSession(sid) ? personalTokenExpired() : tokenExpired();
  }
  return {
    uid,
    issuer: iss,
    subject: sub,
    scopes: known(SCOPES, scopes),
    roles: known(ROLES, roles),
    sessionId: sid,
    client,
    models: models?.split(' '),
    expiresAt: exp,
    issuedAt: iat,
    signedInAt: auth,
  };
}

/** Serialisation of the principal for API Gateway. */
export const contextOf = (principal: Principal) => ({
  uid: principal.uid,
  iss: principal.issuer,
  sub: principal.subject,
  scopes: principal.scopes.join(' '),
  roles: principal.roles.join(' '),
  sid: principal.sessionId,
  ...(principal.client !== undefined && { client: principal.client }),
  ...(principal.models !== undefined && { models: principal.models.join(' ') }),
  exp: String(principal.expiresAt),
  iat: String(principal.issuedAt),
  auth: String(principal.signedInAt),
});

/** Auditors have read access only, also if they hold the admin role. */
const isAuditingAdmin = ({ roles }: Principal) => roles.includes('auditor') && roles.includes('admin');

const remedyFor = (scope: Scope): string =>
  PERSONAL_SCOPES.includes(scope)
    ? 'Create a personal access token that has this scope with POST /tokens.'
    : 'Sign in: no personal access token may have this scope.';

/** @throws {AppError} `insufficient_scope` unless the token holds the scope, `forbidden` unless a role grants it */
export function requireScope(principal: Principal, scope: Scope): void {
  if (!principal.scopes.includes(scope)) {
    throw new AppError('insufficient_scope', `The token lacks the scope ${scope}.`, {
      scope,
      ...(isPersonalSession(principal.sessionId) && { next_step: remedyFor(scope) }),
    });
  }
  if (!principal.roles.some((role) => SCOPES_OF[role].includes(scope))) {
    throw new AppError('forbidden', `None of your roles grants ${scope}.`);
  }
  if (isAuditingAdmin(principal) && !scope.endsWith(':read')) {
    throw new AppError('forbidden', 'A user with both the auditor and the admin role has read access only.', {
      next_step: 'Request a token with only one of the two roles.',
    });
  }
}

/**
 * Checks the model against a personal access token that is restricted to certain models, named alone or as
 * `<provider>/<model>`.
 * @throws {AppError} `forbidden`
 */
export function requireModel(
  { models }: Pick<Principal, 'models'>,
  { provider, model }: { readonly provider: string; readonly model: string },
): void {
  if (!models || models.includes(model) || models.includes(`${provider}/${model}`)) return;
  throw new AppError('forbidden', 'This personal access token may not use this model.', {
    models,
    next_step: `Use one of its models (${models.join(', ')}), or create a token that may use this one.`,
  });
}
