import * as z from 'zod/mini';

import { AppError } from '#shared/core/errors.ts';
import { OwnerId } from '#shared/core/ids.ts';

import { PERSONAL_SCOPES, Role, ROLES, Scope, SCOPES, SCOPES_OF } from './scopes.ts';
import { isPersonalSession } from './session-id.ts';
import { personalTokenExpired, tokenExpired } from './token-rejection.ts';

export const TokenBudget = z.object({
  dayMicroUsd: z.optional(z.int().check(z.positive())),
  monthMicroUsd: z.optional(z.int().check(z.positive())),
});
export type TokenBudget = z.infer<typeof TokenBudget>;

/** Authenticated caller: derived from a verified token, never from request input. */
export const Principal = z.object({
  ownerId: OwnerId,
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
  /** Tools that it may call: names, `<alias>__*`, `/v1`. */
  tools: z.optional(z.readonly(z.array(z.string()))),
  /** Its own budget, in micro-USD, within that of its owner. */
  budget: z.optional(TokenBudget),
  /** Seconds since the epoch. */
  expiresAt: z.int(),
  issuedAt: z.int(),
  signedInAt: z.int(),
});
export type Principal = z.infer<typeof Principal>;

const Count = z.coerce.number().check(z.int(), z.positive());

/** Context passed from the authorizer to the functions. API Gateway converts every value to a string. */
const AuthorizerContext = z.object({
  ownerId: OwnerId,
  iss: z.string().check(z.minLength(1)),
  sub: z.string().check(z.minLength(1)),
  scopes: z.string(),
  roles: z.string(),
  sid: z.string().check(z.regex(/^[stp]_[A-Za-z0-9_-]{22}$/)),
  client: z.optional(z.string()),
  models: z.optional(z.string()),
  tools: z.optional(z.string()),
  dayBudget: z.optional(Count),
  monthBudget: z.optional(Count),
  exp: Count,
  iat: Count,
  auth: Count,
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
  const { ownerId, iss, sub, scopes, roles, sid, client, models, tools, exp, iat, auth } = parsed.data;
  const { dayBudget, monthBudget } = parsed.data;
  if (exp + CLOCK_TOLERANCE <= nowMs / 1000) {
    throw isPersonalSession(sid) ? personalTokenExpired() : tokenExpired();
  }
  return {
    ownerId,
    issuer: iss,
    subject: sub,
    scopes: known(SCOPES, scopes),
    roles: known(ROLES, roles),
    sessionId: sid,
    client,
    models: models?.split(' '),
    tools: tools?.split(' '),
    ...((dayBudget ?? monthBudget) !== undefined && {
      budget: { dayMicroUsd: dayBudget, monthMicroUsd: monthBudget },
    }),
    expiresAt: exp,
    issuedAt: iat,
    signedInAt: auth,
  };
}

/** Serialisation of the principal for API Gateway. */
export const toAuthorizerContext = (principal: Principal) => ({
  ownerId: principal.ownerId,
  iss: principal.issuer,
  sub: principal.subject,
  scopes: principal.scopes.join(' '),
  roles: principal.roles.join(' '),
  sid: principal.sessionId,
  ...(principal.client !== undefined && { client: principal.client }),
  ...(principal.models !== undefined && { models: principal.models.join(' ') }),
  ...(principal.tools !== undefined && { tools: principal.tools.join(' ') }),
  ...(principal.budget?.dayMicroUsd !== undefined && { dayBudget: String(principal.budget.dayMicroUsd) }),
  ...(principal.budget?.monthMicroUsd !== undefined && {
    monthBudget: String(principal.budget.monthMicroUsd),
  }),
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

/** Whether a personal access token that is restricted to certain tools may call this one. */
export const allowsTool = ({ tools }: Pick<Principal, 'tools'>, name: string): boolean =>
  !tools ||
  tools.some(
    (allowed) => allowed === name || (allowed.endsWith('__*') && name.startsWith(allowed.slice(0, -1))),
  );

/** @param name of a tool, or `/v1` @throws {AppError} `forbidden` */
export function requireTool(principal: Pick<Principal, 'tools'>, name: string): void {
  if (allowsTool(principal, name)) return;
  const tools = principal.tools ?? [];
  throw new AppError('forbidden', 'This personal access token may not call this tool.', {
    tools,
    next_step: `Use one of its tools (${tools.join(', ')}), or create a token that may call this one.`,
  });
}
