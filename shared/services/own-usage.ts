import type { Principal } from '#shared/auth/principal.ts';
import type { Budgets } from '#shared/limits/budgets.ts';
import type { LedgerStore } from '#shared/limits/ledger-change.ts';
import { ledgerDay } from '#shared/limits/ledger.ts';
import { toUsage } from '#shared/limits/usage.ts';
import { PRICE_VERSION } from '#shared/providers/price-table.ts';

type Ports = {
  readonly ledgers: Pick<LedgerStore, 'find'>;
  readonly budgets: Budgets;
  /** Milliseconds by the store's clock. */
  readonly now: () => number;
};

/** Usage of the caller, against the limits of this day and month. */
export const createOwnUsage =
  ({ ledgers, budgets, now }: Ports) =>
  async ({ ownerId, roles, budget, sessionId }: Principal) => {
    const ledger = await ledgers.find(ownerId);
    const nowMs = now();
    const token = budget && { ...budget, id: sessionId };
    const usage = toUsage(ledger, { budgets, roles, token, today: ledgerDay(nowMs), nowMs });
    return { ...usage, price_version: PRICE_VERSION };
  };
