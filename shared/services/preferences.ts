import type { PreferencesBody } from '#shared/account/api.ts';
import {
  changedPreferences,
  NO_PREFERENCES,
  type PreferenceStore,
  preferencesView,
} from '#shared/account/preferences.ts';
import type { Principal } from '#shared/auth/principal.ts';
import type { Write } from '#shared/core/write.ts';
import { budgetLimits, type Budgets } from '#shared/limits/budgets.ts';
import type { LedgerStore } from '#shared/limits/ledger-change.ts';
import { factsOf } from '#shared/providers/catalog.ts';

export const createOwnPreferences =
  (store: Pick<PreferenceStore, 'find'>) =>
  async ({ ownerId }: Principal) =>
    preferencesView((await store.find(ownerId)) ?? NO_PREFERENCES);

/** The owner's budget is in the ledger too, where admission reads it: both are written together. */
export function createChangePreferences(ports: {
  store: PreferenceStore;
  ledgers: Pick<LedgerStore, 'setBudget'>;
  budgets: Budgets;
  now: () => number;
}) {
  const { store, ledgers, budgets, now } = ports;
  return async (
    { ownerId, roles }: Principal,
    body: PreferencesBody,
  ): Promise<{ view: object; writes: readonly Write[] }> => {
    for (const provider of Object.keys(body.default_models ?? {})) factsOf(provider);
    if (body.default_provider !== undefined) factsOf(body.default_provider);
    const { providers = [], models = {} } = body.failover ?? {};
    for (const provider of [...providers, ...Object.keys(models)]) factsOf(provider);
    const limits = budgetLimits(budgets, { roles, provider: undefined });
    const before = (await store.find(ownerId)) ?? NO_PREFERENCES;
    const after = changedPreferences(before, body, {
      stage: { day: limits['day.microUsd'], month: limits['month.microUsd'] },
      at: new Date(now()).toISOString(),
    });
    const { day_micro_usd: dayMicroUsd, month_micro_usd: monthMicroUsd } = after;
    return {
      view: preferencesView(after),
      writes: [store.replace(ownerId, after), ledgers.setBudget(ownerId, { dayMicroUsd, monthMicroUsd })],
    };
  };
}
