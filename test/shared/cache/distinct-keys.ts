// Lookups of distinct keys in a process of its own: `node --expose-gc distinct-keys.ts <keys> <keys before the first measurement>`.
// Reports the used heap after each tenth, in MiB.
import { setTimeout as sleep } from 'node:timers/promises';

import { createEntryCodec } from '#shared/cache/entry.ts';
import { createMemoryTier } from '#shared/cache/memory-tier.ts';
import { createResponseCache } from '#shared/cache/response-cache.ts';
import type { CacheStore } from '#shared/cache/store.ts';
import type { RememberedEntry } from '#shared/cache/tiers.ts';

import { createLookup } from './cached-tool.ts';

const [keys = 0, warm = 0] = process.argv.slice(2).map(Number);
const OWNERS = 10_000;
const AT_ONCE = 50;

/** Keeps nothing, so that whatever grows is the product's. */
const store: CacheStore = {
  read: async () => ({ row: undefined, fence: undefined, flight: undefined, own: {}, all: {} }),
  put: async () => true,
  slide: async () => undefined,
  claim: async () => true,
  release: async () => undefined,
};
const memory = createMemoryTier<RememberedEntry>(
  { maxEntries: 500, maxBytes: 8 * 1024 * 1024, maxAgeMs: 10_000 },
  Date.now,
);
const cache = createResponseCache({
  store,
  codec: createEntryCodec(Buffer.alloc(32, 1)),
  names: Buffer.alloc(32, 2),
  memory,
  now: Date.now,
  random: Math.random,
  wait: (ms, signal) => sleep(ms, undefined, signal && { signal }).catch(() => undefined),
  observe: () => undefined,
  reportTampering: async () => undefined,
});
const answer = 'x'.repeat(500);
const lookUp = createLookup(async (_owner, question) => `${question} ${answer}`, cache);
const deadline = { signal: new AbortController().signal, remainingMs: () => 30_000 };

const heaps: number[] = [];
for (let from = 0; from < keys; from += AT_ONCE) {
  const some = Array.from({ length: AT_ONCE }, (_, at) => from + at);
  await Promise.all(
    some.map((n) =>
      lookUp({ owner: `owner-${n % OWNERS}`, question: `q${n}`, deadline, requestId: String(n) }),
    ),
  );
  const done = from + AT_ONCE;
  if (done >= warm && done % (keys / 10) === 0) {
    globalThis.gc?.();
    heaps.push(process.memoryUsage().heapUsed / 1024 / 1024);
  }
}
process.send?.({ heaps, ...memory.size() });
process.disconnect();
