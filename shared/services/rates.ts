import type { Principal } from '#shared/auth/principal.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { rateTable } from '#shared/aws/rate-table.ts';
import { storeMicroseconds } from '#shared/aws/store-clock.ts';
import { env } from '#shared/core/env.ts';
import { once } from '#shared/core/once.ts';
import { createAdmit } from '#shared/limits/gcra.ts';
import { rateOf, Rates } from '#shared/limits/rates.ts';

const admit = once(() =>
  createAdmit({ store: rateTable(dynamo(), env('CONTROL_TABLE')), now: storeMicroseconds }),
);
const rates = once(() => Rates.parse(JSON.parse(env('RATE_LIMITS'))));

/** Needs `rates:admit`. @throws {AppError} `rate_limited` when the caller has been here too often */
export const admitCaller = ({ uid, roles }: Principal): Promise<void> => admit()(uid, rateOf(rates(), roles));
