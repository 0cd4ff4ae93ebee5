// Remaining rate limit as reported in a provider's headers. Both dialects describe buckets that refill steadily, and state
// when each will be full again: OpenAI as a duration, Anthropic as a date.
import type { Pace } from '#shared/limits/provider-pacing.ts';

type Headers = Readonly<Record<string, string>>;

/** A tenth of a bucket: from here on its owner is slowed, and until so much has come back. */
const LOW = 0.1;

/** Longest delay that a provider's headers can impose; then the provider is called again. */
const MAX_HOLD_MS = 5 * 60_000;
/** Minimum delay after a 429 that states no time. */
const DEFAULT_HOLD_MS = 2000;

/** `6m0s`, `1.5s`, `20ms`, `1h2m3s`. */
function durationMs(text: string): number | undefined {
  const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  if (!/^(?:\d+(?:\.\d+)?(?:ms|h|m|s))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  return parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (units[unit] ?? 0), 0);
}

/** @param clock what time it is where the date was written */
const untilDate = (text: string, clock: number): number | undefined => {
  const at = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - clock);
};

type Bucket = { readonly limit: string; readonly remaining: string; readonly reset: string };

const openai = (kind: string): Bucket => ({
  limit: `x-ratelimit-limit-${kind}`,
  remaining: `x-ratelimit-remaining-${kind}`,
  reset: `x-ratelimit-reset-${kind}`,
});
const anthropic = (kind: string): Bucket => ({
  limit: `anthropic-ratelimit-${kind}-limit`,
  remaining: `anthropic-ratelimit-${kind}-remaining`,
  reset: `anthropic-ratelimit-${kind}-reset`,
});
const BUCKETS: readonly Bucket[] = [
  ...['requests', 'tokens'].map(openai),
  ...['requests', 'tokens', 'input-tokens', 'output-tokens'].map(anthropic),
];

const count = (text: string | undefined) => (/^\d{1,12}$/.test(text ?? '') ? Number(text) : undefined);

/** The wait until a tenth of this bucket is back; undefined where there is more in it, or it says nothing usable. */
function bucketPace(bucket: Bucket, headers: Headers, now: number): Pace | undefined {
  const [limit, remaining] = [count(headers[bucket.limit]), count(headers[bucket.remaining])];
  const reset = headers[bucket.reset] ?? '';
  const fullInMs = durationMs(reset) ?? untilDate(reset, responseTime(headers) || now);
  if (!limit || remaining === undefined || fullInMs === undefined) return undefined;
  const left = remaining / limit;
  if (left >= LOW) return undefined;
  const lowInMs = (fullInMs * (LOW - left)) / (1 - left);
  return { left, until: now + Math.min(MAX_HOLD_MS, Math.ceil(lowInMs)) };
}

const responseTime = (headers: Headers) => Date.parse(headers['date'] ?? '');

/** Seconds, or a date by the provider's own clock, at most five minutes; nothing where it says neither, or no time ahead. */
export function retryAfterMs(headers: Headers): number | undefined {
  const text = (headers['retry-after'] ?? '').trim();
  const isDate = /^[A-Z][a-z]{2}, \d\d /.test(text);
  const ms = isDate ? Date.parse(text) - responseTime(headers) : count(text) && Number(text) * 1000;
  return ms !== undefined && ms > 0 ? Math.min(MAX_HOLD_MS, ms) : undefined;
}

/** @param busy the answer is the provider's own 429: nothing goes until it says */
export function paceIn(headers: Headers, { now, busy }: { now: number; busy: boolean }): Pace | undefined {
  const paces = BUCKETS.flatMap((bucket) => bucketPace(bucket, headers, now) ?? []);
  const tightest = paces.toSorted((a, b) => a.left - b.left || b.until - a.until)[0];
  if (!busy) return tightest;
  const hold = retryAfterMs(headers);
  if (hold !== undefined) return { left: 0, until: now + hold };
  return { left: 0, until: Math.max(now + DEFAULT_HOLD_MS, tightest?.until ?? 0) };
}
