// Cache metrics, as lines in CloudWatch's embedded metric format, which need no API call. They contain no owner and no name.
import type { CacheEvent } from '#shared/cache/lookup.ts';
import { env } from '#shared/core/env.ts';

const NAMES: Readonly<Record<CacheEvent, string>> = {
  memory: 'CacheMemoryHits',
  store: 'CacheStoreHits',
  joined: 'CacheJoinedHits',
  miss: 'CacheMisses',
  stale: 'CacheStaleAnswers',
  too_large: 'CacheTooLarge',
  tampered: 'CacheTamperedEntries',
  lost: 'CacheStoreFailures',
};

export function observeCache(event: CacheEvent): void {
  const name = NAMES[event];
  const metrics = [
    { Namespace: 'Portunus', Dimensions: [['Stage']], Metrics: [{ Name: name, Unit: 'Count' }] },
  ];
  const line = {
    _aws: { Timestamp: Date.now(), CloudWatchMetrics: metrics },
    Stage: env('STAGE'),
    [name]: 1,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
