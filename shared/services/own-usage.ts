import type { Principal } from '#shared/auth/principal.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { ledgerTable } from '#shared/aws/ledger-table.ts';
import { storeMicroseconds } from '#shared/aws/store-clock.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { dayOf } from '#shared/limits/ledger.ts';
import { usageOf } from '#shared/limits/usage.ts';
import { PRICE_VERSION } from '#shared/providers/price-table.ts';

import { budgets } from './budgets.ts';

const ledgers = lazy(() => ledgerTable(dynamo(), env('CONTROL_TABLE')));

/** Needs `budgets:read`. What the caller has used of this day's and month's limits. */
export async function ownUsage({ uid, roles }: Principal) {
  const ledger = await ledgers().find(uid);
  const nowMs = storeMicroseconds() / 1000;
  const usage = usageOf(ledger, { budgets: budgets(), roles, today: dayOf(nowMs), nowMs });
  return { ...usage, price_version: PRICE_VERSION };
}
