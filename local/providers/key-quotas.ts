// Rate limits of single keys, as token buckets, with each provider's rate-limit headers.
import type { Api } from './dialects.ts';

/** Burst of `requests`; an empty bucket is full again after `seconds`. */
export type Quota = { readonly requests: number; readonly seconds: number };

type Admission = { readonly busy: boolean; readonly headers: Readonly<Record<string, string>> };
type Bucket = { readonly take: (api: Api) => Admission };

/** `1m30.5s`, OpenAI's format of the time until the bucket is full. */
const duration = (ms: number) => {
  if (ms < 1000) return `${Math.ceil(ms)}ms`;
  const seconds = `${((ms % 60_000) / 1000).toFixed(3)}s`;
  return ms < 60_000 ? seconds : `${Math.floor(ms / 60_000)}m${seconds}`;
};

function createBucket({ requests, seconds }: Quota): Bucket {
  const msPerRequest = (seconds * 1000) / requests;
  let level = requests;
  let at = Date.now();
  return {
    take(api: Api) {
      const now = Date.now();
      level = Math.min(requests, level + (now - at) / msPerRequest);
      at = now;
      const busy = level < 1;
      if (!busy) level -= 1;
      const remaining = String(Math.floor(level));
      const fullInMs = (requests - level) * msPerRequest;
      const limits =
        api !== 'anthropic'
          ? {
              'x-ratelimit-limit-requests': String(requests),
              'x-ratelimit-remaining-requests': remaining,
              'x-ratelimit-reset-requests': duration(fullInMs),
            }
          : {
              'anthropic-ratelimit-requests-limit': String(requests),
              'anthropic-ratelimit-requests-remaining': remaining,
              'anthropic-ratelimit-requests-reset': new Date(now + fullInMs).toISOString(),
            };
      const wait = Math.ceil(((1 - level) * msPerRequest) / 1000);
      return { busy, headers: { ...limits, ...(busy && { 'retry-after': String(wait) }) } };
    },
  };
}

/** Keys without a quota are not limited. */
export function createKeyQuotas() {
  const buckets = new Map<string, Bucket>();
  return {
    limit(credential: string, quota: Quota) {
      buckets.set(credential, createBucket(quota));
      return () => void buckets.delete(credential);
    },
    take(credential: string, { method, api }: { method: string; api: Api }): Admission {
      const bucket = method === 'POST' ? buckets.get(credential) : undefined;
      return bucket?.take(api) ?? { busy: false, headers: {} };
    },
  };
}
