import { setTimeout as sleep } from 'node:timers/promises';

import { cacheTable } from '#shared/aws/cache-table.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { storeMicroseconds } from '#shared/aws/store-clock.ts';
import { createEntryCodec } from '#shared/cache/entry.ts';
import { createMemoryTier } from '#shared/cache/memory-tier.ts';
import { createResponseCache, type ResponseCache } from '#shared/cache/response-cache.ts';
import type { RememberedEntry } from '#shared/cache/tiers.ts';
import { env } from '#shared/core/env.ts';
import { createReportCacheTampering } from '#shared/services/cache-tampering.ts';

import { audit } from './audit.ts';
import { observeCache } from './cache-metric.ts';
import { stageKey } from './stage-secret.ts';

/** An instance with 256 MB needs most of them for the calls in progress. */
const MEMORY = { maxEntries: 500, maxBytes: 8 * 1024 * 1024, maxAgeMs: 10_000 };

const now = () => Math.floor(storeMicroseconds() / 1000);

async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, signal && { signal });
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

/** Needs `cache:use`, `audit:write`. One per instance: its first tier is the memory of the instance. */
export async function responseCache(): Promise<ResponseCache> {
  const [names, entries] = await Promise.all([stageKey('cache-names'), stageKey('cache-entries')]);
  return createResponseCache({
    store: cacheTable(dynamo(), { TableName: env('CACHE_TABLE') }),
    codec: createEntryCodec(entries),
    names,
    memory: createMemoryTier<RememberedEntry>(MEMORY, now),
    now,
    random: Math.random,
    wait,
    observe: observeCache,
    reportTampering: createReportCacheTampering({ audit: audit() }),
  });
}
