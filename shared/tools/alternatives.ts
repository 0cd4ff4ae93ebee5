// A rejection says what would work instead.
import type { Principal } from '#shared/auth/principal.ts';
import { AppError } from '#shared/core/errors.ts';
import { type Alternative, hasAlternatives, type RejectedCall } from '#shared/limits/alternatives.ts';

import type { Tool } from './tool.ts';

/** Port. */
export type FindAlternatives = (
  principal: Principal,
  rejected: RejectedCall,
) => Promise<readonly Alternative[]>;

type AttemptedCall = {
  readonly tool: Tool | undefined;
  readonly parameters: unknown;
  readonly principal: Principal;
  /** Called by a route of its own: what it could do instead is not called as tools are. */
  readonly scoped?: true;
};

/** The same error, with `alternatives` where there are any. What cannot be found out is left out: the rejection stands. */
export async function withAlternatives(
  error: AppError,
  { tool, parameters, principal, scoped }: AttemptedCall,
  find: FindAlternatives,
): Promise<AppError> {
  const { code, message, details } = error;
  if (!tool || scoped || !hasAlternatives(error)) return error;
  const { scope, provider, retry_after_seconds: retryAfterSeconds } = details;
  const given = (parameters ?? {}) as Record<string, unknown>;
  const rejected = { code, tool: tool.name, parameters: given, scope, provider, retryAfterSeconds };
  try {
    const alternatives = await find(principal, rejected);
    return alternatives.length > 0 ? new AppError(code, message, { ...details, alternatives }) : error;
  } catch {
    return error;
  }
}
