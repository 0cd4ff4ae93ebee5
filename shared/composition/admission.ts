import { setTimeout } from 'node:timers/promises';

import { dynamo } from '#shared/aws/dynamo.ts';
import { ledgerTable } from '#shared/aws/ledger-table.ts';
import { paceTable } from '#shared/aws/pace-table.ts';
import { rateTable } from '#shared/aws/rate-table.ts';
import { storeMicroseconds } from '#shared/aws/store-clock.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createAdmit } from '#shared/limits/gcra.ts';
import { createProviderPacing } from '#shared/limits/provider-pacing.ts';
import { createSpending } from '#shared/limits/spending.ts';
import { warningDraft } from '#shared/limits/warning.ts';
import { worstCaseOf } from '#shared/providers/prices.ts';
import { createAdmission } from '#shared/services/admission.ts';
import { costOfAnswer } from '#shared/services/answer-cost.ts';
import type { CallMeta } from '#shared/tools/tool.ts';

import { budgets } from './configuration.ts';
import { limits } from './limits.ts';
import { notices } from './notices.ts';

/** Needs `rates:admit`. */
export const pacing = /* @__PURE__ */ lazy(() =>
  createProviderPacing({
    store: paceTable(dynamo(), { TableName: env('CONTROL_TABLE'), now: Date.now }),
    now: Date.now,
    random: Math.random,
    pause: (ms) => setTimeout(ms),
  }),
);

/** Needs `rates:admit`. */
export const admission = /* @__PURE__ */ lazy(() =>
  createAdmission({
    admit: createAdmit({ store: rateTable(dynamo(), env('CONTROL_TABLE')), now: storeMicroseconds }),
    pacing: pacing(),
    rates: () => limits().current(),
  }),
);

/** Needs `budgets:reserve`, `rates:admit`, `notices:raise`, `audit:write`. */
export const spending = /* @__PURE__ */ lazy(() =>
  createSpending<CallMeta>({
    store: ledgerTable(dynamo(), env('CONTROL_TABLE')),
    budgets: budgets(),
    worstCaseOf,
    costOf: costOfAnswer,
    slowDown: admission().slowDown,
    warn: ({ ownerId, requestId }, warning, day) =>
      notices().raise({ ownerId, ...warningDraft(warning, day) }, requestId),
    now: () => storeMicroseconds() / 1000,
  }),
);
