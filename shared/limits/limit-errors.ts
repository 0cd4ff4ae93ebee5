// Errors for a reached limit: the limit, the amount spent, and the time of the reset.
import { AppError } from '#shared/core/errors.ts';

import { type Exhausted, type Gauge, gaugeOf, MAX_OPEN, type Period } from './ledger.ts';

/** Midnight UTC after this day, or the first of the month after it, in milliseconds since the epoch. */
export function resetAfter(period: Period, day: string): number {
  const date = new Date(`${day}T00:00:00Z`);
  if (period === 'day') return date.setUTCDate(date.getUTCDate() + 1);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** Micro-USD formatted as US dollars: `0.0125`. */
export const usd = (microUsd: number): string =>
  (microUsd / 1_000_000).toFixed(6).replace(/(\.\d\d\d*?)0*$/, '$1');

const amountOf = (unit: 'calls' | 'microUsd', amount: number): string =>
  unit === 'calls' ? `${amount} calls` : `$${usd(amount)}`;

/** Retry interval while reservations may be released soon. */
const SOON_SECONDS = 5;

/** Continues "this day's limit". */
export function scopeText({ provider, token }: Pick<Gauge, 'provider' | 'token'>): string {
  if (token !== undefined) return ' of this personal access token';
  return provider === undefined ? '' : ` at ${provider}`;
}

export function exhaustedError(
  { gauge, limit, spent, open }: Exhausted,
  at: { day: string; nowMs: number; wanted: number },
): AppError {
  const { period, unit, provider, token } = gaugeOf(gauge);
  const resetMs = resetAfter(period, at.day);
  const reset = Math.max(1, Math.ceil((resetMs - at.nowMs) / 1000));
  const waits = open > 0 && spent + Math.max(1, at.wanted) <= limit;
  const seconds = waits ? Math.min(SOON_SECONDS, reset) : reset;
  const resetsAt = new Date(resetMs).toISOString();
  const whose = scopeText({ provider, token });
  return new AppError(
    unit === 'calls' ? 'quota_exceeded' : 'budget_exceeded',
    `This ${period}'s limit${whose} is ${amountOf(unit, limit)}; ${amountOf(unit, spent)} spent, ` +
      `${amountOf(unit, open)} reserved for calls in progress, and this call may take ${amountOf(unit, Math.max(1, at.wanted))}.`,
    {
      limit: {
        period,
        unit: unit === 'calls' ? 'calls' : 'micro_usd',
        ...(provider !== undefined && { provider }),
        ...(token !== undefined && { token_id: token }),
        limit,
        spent,
        open,
        wanted: at.wanted,
        resets_at: resetsAt,
      },
      retry_after_seconds: seconds,
      next_step: waits
        ? 'Wait until your calls in progress end, or reduce max_tokens.'
        : `Wait until ${resetsAt}, or send a smaller request. GET /usage shows the details.`,
    },
  );
}

export const crowdedError = (): AppError =>
  new AppError('rate_limited', `Too many concurrent calls: at most ${MAX_OPEN} may be in progress.`, {
    limit: { at_once: MAX_OPEN },
    retry_after_seconds: 1,
    next_step: 'Wait until one of them ends.',
  });

export const unpricedError = (provider: string): AppError =>
  new AppError(
    'price_unknown',
    'The price of this model is unknown, and this stage does not call such models.',
    {
      provider,
    },
  );

/** A budget cannot bound what has no price. */
export const unpricedForToken = (provider: string): AppError =>
  new AppError(
    'price_unknown',
    'The price of this model is unknown, and this personal access token has a budget.',
    { provider, next_step: 'Choose a model with a known price, or use a token without a budget.' },
  );
