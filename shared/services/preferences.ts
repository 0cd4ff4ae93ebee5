import type { PreferencesBody } from '#shared/account/api.ts';
import { changedPreferences, NO_PREFERENCES, preferencesView } from '#shared/account/preferences.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { ledgerTable } from '#shared/aws/ledger-table.ts';
import { env } from '#shared/core/env.ts';
import type { Write } from '#shared/core/write.ts';
import { limitsOf } from '#shared/limits/budgets.ts';
import { factsOf } from '#shared/providers/catalog.ts';

import { budgets } from './budgets.ts';
import { preferenceStore } from './preference-store.ts';

/** Needs `preferences:read`. */
export const ownPreferences = async ({ uid }: Principal) =>
  preferencesView((await preferenceStore().find(uid)) ?? NO_PREFERENCES);

/**
 * Needs `preferences:read`, `preferences:write`. The owner's budget stands in the ledger too, where admission sees it: both
 * are written together.
 */
export async function changePreferences(
  { uid, roles }: Principal,
  body: PreferencesBody,
): Promise<{ view: object; writes: readonly Write[] }> {
  for (const provider of Object.keys(body.default_models ?? {})) factsOf(provider);
  if (body.default_provider !== undefined) factsOf(body.default_provider);
  const limits = limitsOf(budgets(), { roles, provider: undefined });
  const before = (await preferenceStore().find(uid)) ?? NO_PREFERENCES;
  const after = changedPreferences(before, body, {
    stage: { day: limits['day.microUsd'], month: limits['month.microUsd'] },
    at: new Date().toISOString(),
  });
  const { day_micro_usd: dayMicroUsd, month_micro_usd: monthMicroUsd } = after;
  return {
    view: preferencesView(after),
    writes: [
      preferenceStore().replace(uid, after),
      ledgerTable(dynamo(), env('CONTROL_TABLE')).setBudget(uid, { dayMicroUsd, monthMicroUsd }),
    ],
  };
}
