import { AppError } from '#shared/core/errors.ts';

/**
 * Expiry time set by the owner, converted to UTC.
 * @throws {AppError} `invalid_input` if it is in the past
 */
export function expiresAtOf(given: string | undefined, nowMs: number): { expiresAt?: string } {
  if (given === undefined) return {};
  const at = Date.parse(given);
  if (at > nowMs) return { expiresAt: new Date(at).toISOString() };
  throw new AppError('invalid_input', 'The expiry time is in the past.', {
    issues: [{ path: 'expires_at', message: 'must be in the future' }],
  });
}
