import { describe, expect, it } from 'vitest';

import { PreferencesBody } from '#shared/account/api.ts';
import {
  changedMeanwhile,
  NO_PREFERENCES,
  type Preferences,
  type PreferenceStore,
} from '#shared/account/preferences.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';
import { Budgets } from '#shared/limits/budgets.ts';
import { createChangePreferences, createOwnPreferences } from '#shared/services/preferences.ts';
import { memoryLedger } from '#test/shared/limits/memory-ledger.ts';
import { principalNamed } from '#test/support/callers.ts';

const NOW = Date.UTC(2026, 10, 28);
const alice = principalNamed('alice');
const limited = { day: { micro_usd: 5_000_000 }, month: { micro_usd: 50_000_000 } };
const budgets = Budgets.parse({ user: limited, auditor: limited, operator: limited, admin: limited });

/** The store's conditional write, and the ledger's. */
function given() {
  const rows = new Map<OwnerId, Preferences>();
  const { store: ledgers, commit: commitLedger, ledgers: budgetsOf } = memoryLedger();
  const own = new WeakSet<object>();
  const store: PreferenceStore = {
    find: async (ownerId) => rows.get(ownerId),
    replace(ownerId, preferences) {
      const item = { ownerId, preferences };
      own.add(item);
      return { item, rejected: () => changedMeanwhile(rows.get(ownerId) ?? NO_PREFERENCES) };
    },
  };
  const commit = async (writes: readonly Write[]) => {
    for (const { item, rejected } of writes) {
      if (!own.has(item as object)) continue;
      const { ownerId, preferences } = item as { ownerId: OwnerId; preferences: Preferences };
      if ((rows.get(ownerId)?.version ?? 0) !== preferences.version - 1) throw rejected();
      rows.set(ownerId, preferences);
    }
    await commitLedger(writes.filter(({ item }) => !own.has(item as object)));
  };
  const change = createChangePreferences({ store, ledgers, budgets, now: () => NOW });
  const put = async (body: object) => {
    const { view, writes } = await change(alice, PreferencesBody.parse(body));
    await commit(writes);
    return view;
  };
  return { put, change, commit, read: () => createOwnPreferences(store)(alice), budgetsOf };
}

describe('preferences', () => {
  it('are version 0 and empty until they are set', async () => {
    expect(await given().read()).toMatchObject({ version: 0, default_provider: null, default_models: {} });
  });

  it('replace the earlier ones as a whole, with the next version', async () => {
    const { put, read } = given();
    await put({ default_provider: 'openai', default_models: { openai: 'gpt-5' } });
    expect(await put({ default_policy: 'cheapest' })).toMatchObject({ version: 2 });
    expect(await read()).toMatchObject({ default_provider: null, default_policy: 'cheapest' });
  });

  it.each([
    ['as default provider', { default_provider: 'nobody' }],
    ['with a default model', { default_models: { nobody: 'any' } }],
  ])('reject an unknown provider %s', async (_name, body) => {
    await expect(given().put(body)).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('reject a budget above that of the stage', async () => {
    await expect(given().put({ budget: { day_usd: '5.01' } })).rejects.toMatchObject({
      code: 'invalid_input',
      details: { issues: [{ path: 'body.budget.day_usd' }] },
    });
  });

  it('write the budget to the ledger, where admission reads it', async () => {
    const { put, budgetsOf } = given();
    await put({ budget: { day_usd: '1.5', month_usd: '20' } });
    expect(budgetsOf.get(alice.ownerId)?.budget).toEqual({
      dayMicroUsd: 1_500_000,
      monthMicroUsd: 20_000_000,
    });
  });

  it('reject the later of two concurrent changes with the current state', async () => {
    const { change, commit, read } = given();
    const [one, other] = await Promise.all(
      (['openai', 'anthropic'] as const).map((provider) => change(alice, { default_provider: provider })),
    );
    await commit(one?.writes ?? []);
    await expect(commit(other?.writes ?? [])).rejects.toMatchObject({
      code: 'conflict',
      details: { current: { default_provider: 'openai' } },
    });
    expect(await read()).toMatchObject({ version: 1, default_provider: 'openai' });
  });
});
