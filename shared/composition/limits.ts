import { dynamo } from '#shared/aws/dynamo.ts';
import { ledgerTable } from '#shared/aws/ledger-table.ts';
import { limitTable } from '#shared/aws/limit-table.ts';
import { storeMicroseconds } from '#shared/aws/store-clock.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createLimits } from '#shared/limits/limits.ts';
import { Rates } from '#shared/limits/rates.ts';
import { checkLimitNames, createChangeLimits, createShowLimits } from '#shared/services/limits.ts';
import { createOwnUsage } from '#shared/services/own-usage.ts';

import { budgets } from './configuration.ts';

/** Limits of the deployment. A limit for an unknown name fails every call: safer than serving without limits. */
const deployed = /* @__PURE__ */ lazy(() => {
  const rates = Rates.parse(JSON.parse(env('RATE_LIMITS')));
  checkLimitNames(rates);
  return rates;
});

const store = /* @__PURE__ */ lazy(() => limitTable(dynamo(), env('CONTROL_TABLE')));

/** Needs `rates:admit` or `limits:read`. */
export const limits = /* @__PURE__ */ lazy(() => createLimits({ store: store(), deployed, now: Date.now }));

/** Needs `limits:read`. */
export const showLimits = /* @__PURE__ */ lazy(() => createShowLimits(limits()));

/** Needs `limits:write`. */
export const changeLimits = /* @__PURE__ */ lazy(() => createChangeLimits({ store: store(), now: Date.now }));

/** Needs `budgets:read`. */
export const ownUsage = /* @__PURE__ */ lazy(() =>
  createOwnUsage({
    ledgers: ledgerTable(dynamo(), env('CONTROL_TABLE')),
    budgets: budgets(),
    now: () => storeMicroseconds() / 1000,
  }),
);
