import { dynamo } from '#shared/aws/dynamo.ts';
import { ledgerTable } from '#shared/aws/ledger-table.ts';
import { rateTable } from '#shared/aws/rate-table.ts';
import { storeMicroseconds } from '#shared/aws/store-clock.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createAdmit } from '#shared/limits/gcra.ts';
import type { Caller } from '#shared/limits/plans.ts';
import { quarterOf, rateOf } from '#shared/limits/rates.ts';
import { createSpending, type Estimate } from '#shared/limits/spending.ts';
import { warningDraft } from '#shared/limits/warning.ts';
import { costOf, worstCaseOf } from '#shared/providers/prices.ts';
import type { CallMeta } from '#shared/tools/tool.ts';

import { budgets } from './budgets.ts';
import { limits } from './limits.ts';
import { notices } from './notices.ts';

const admit = lazy(() =>
  createAdmit({ store: rateTable(dynamo(), env('CONTROL_TABLE')), now: storeMicroseconds }),
);
async function slowDown({ uid, roles }: Caller): Promise<void> {
  const slower = quarterOf(rateOf(await limits().current(), roles));
  await admit()(`${uid}#near`, slower, { scope: 'owner' });
}

/** By what the provider says it served; by what was asked of it where that name has no price. */
function costOfAnswer(served: CallMeta, asked: Estimate) {
  const provider = served.provider ?? asked.provider;
  const tokens = {
    inputTokens: served.input_tokens ?? 0,
    outputTokens: served.output_tokens ?? 0,
    cachedInputTokens: served.cached_input_tokens,
    cacheWriteTokens: served.cache_write_tokens,
  };
  const cost = costOf(provider, served.model ?? asked.model, tokens);
  return {
    provider,
    cost: cost === 'unknown' && provider === asked.provider ? costOf(provider, asked.model, tokens) : cost,
  };
}

/** Needs `budgets:reserve`, `rates:admit`, `notices:raise`, `audit:write`. */
export const spending = lazy(() =>
  createSpending<CallMeta>({
    store: ledgerTable(dynamo(), env('CONTROL_TABLE')),
    budgets: budgets(),
    worstCaseOf,
    costOf: costOfAnswer,
    slowDown,
    warn: ({ uid, requestId }, warning, day) =>
      notices().raise({ uid, ...warningDraft(warning, day) }, requestId),
    now: () => storeMicroseconds() / 1000,
  }),
);
