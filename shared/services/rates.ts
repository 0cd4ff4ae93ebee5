import { setTimeout } from 'node:timers/promises';

import type { Principal } from '#shared/auth/principal.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { paceTable } from '#shared/aws/pace-table.ts';
import { rateTable } from '#shared/aws/rate-table.ts';
import { storeMicroseconds } from '#shared/aws/store-clock.ts';
import type { Deadline } from '#shared/core/deadline.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createAdmit } from '#shared/limits/gcra.ts';
import { createProviderPacing } from '#shared/limits/provider-pacing.ts';
import { narrowRateOf, rateOf } from '#shared/limits/rates.ts';

import { limits } from './limits.ts';

const admit = lazy(() =>
  createAdmit({ store: rateTable(dynamo(), env('CONTROL_TABLE')), now: storeMicroseconds }),
);

/** Needs `rates:admit`. */
export const pacing = lazy(() =>
  createProviderPacing({
    store: paceTable(dynamo(), { TableName: env('CONTROL_TABLE'), now: Date.now }),
    now: Date.now,
    random: Math.random,
    pause: (ms) => setTimeout(ms),
  }),
);

/**
 * Needs `rates:admit`. The narrow limit first: whom it refuses has not used up a place of theirs for other tools. The limits
 * are read before anything is counted, and with them the store's clock: a new instance whose own is wrong counts nothing by it.
 * @throws {AppError} `rate_limited` when the caller has been here too often
 */
export async function admitCall({ uid, roles }: Principal, tool: string): Promise<void> {
  const rates = await limits().current();
  const narrow = narrowRateOf(rates, roles, ['tools', tool]);
  if (narrow) await admit()(`${uid}#tool#${tool}`, narrow, { scope: 'tool', tool });
  pacing().attach(uid, await admit()(uid, rateOf(rates, roles), { scope: 'owner' }));
}

/**
 * Needs `rates:admit`. Waits a little where the provider says that the caller's quota there runs low.
 * @throws {AppError} `rate_limited` when the caller has asked this provider too often, or it is about to say so itself
 */
export async function admitProvider(
  { uid, roles }: Principal,
  provider: string,
  deadline: Deadline,
): Promise<void> {
  await pacing().admit(uid, provider, deadline);
  const narrow = narrowRateOf(await limits().current(), roles, ['providers', provider]);
  if (narrow) await admit()(`${uid}#provider#${provider}`, narrow, { scope: 'provider', provider });
}
