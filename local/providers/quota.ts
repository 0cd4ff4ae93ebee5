// A provider's own limit on one key, told in its dialect: a bucket that refills steadily.

/** So many requests at once; an empty bucket is full again after `seconds`. */
export type Quota = { readonly requests: number; readonly seconds: number };

type Api = 'openai' | 'anthropic' | 'google' | 'mistral' | 'compatible';
type Told = { readonly busy: boolean; readonly headers: Readonly<Record<string, string>> };
type Bucket = { readonly take: (api: Api) => Told };

/** `1m30.5s`, as OpenAI writes how long a bucket takes to be full. */
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
      const told =
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
      return { busy, headers: { ...told, ...(busy && { 'retry-after': String(wait) }) } };
    },
  };
}

/** The limits that keys were given; a key without one may ask as often as it likes. */
export function createQuotas() {
  const buckets = new Map<string, Bucket>();
  return {
    limit(credential: string, quota: Quota) {
      buckets.set(credential, createBucket(quota));
      return () => void buckets.delete(credential);
    },
    take(credential: string, { method, api }: { method: string; api: Api }): Told {
      const bucket = method === 'POST' ? buckets.get(credential) : undefined;
      return bucket?.take(api) ?? { busy: false, headers: {} };
    },
  };
}
