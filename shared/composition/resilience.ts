import { setTimeout as sleep } from 'node:timers/promises';

import { breakerReads } from '#shared/aws/breaker-table.ts';
import { breakerWrites } from '#shared/aws/breaker-writes.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { storeMicroseconds } from '#shared/aws/store-clock.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createOutageHandler } from '#shared/resilience/outage-handler.ts';
import { createUpstreamGuard } from '#shared/resilience/upstream-guard.ts';
import { createOutageAnnouncements } from '#shared/services/outage-announcements.ts';

import { audit } from './audit.ts';
import { notices } from './notices.ts';

async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, signal && { signal });
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

/** Milliseconds by the store's clock: instances compare times of each other. */
const storeNow = (): number => Math.floor(storeMicroseconds() / 1000);

/** Needs `breakers:use`, `notices:raise`, `audit:write`. */
export const upstreamGuard = /* @__PURE__ */ lazy(() =>
  createUpstreamGuard({
    store: breakerReads(dynamo(), env('CONTROL_TABLE')),
    outages: (own) =>
      createOutageHandler({
        ...own,
        store: breakerWrites({
          TableName: env('CONTROL_TABLE'),
          commit: transaction(dynamo()),
          now: storeNow,
        }),
        announce: createOutageAnnouncements({ audit: audit(), notices: notices(), now: storeNow }),
        now: storeNow,
        random: Math.random,
      }),
    now: storeNow,
    wait,
  }),
);
