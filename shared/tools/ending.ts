// How a call ends: its record, what it cost and what else must be true then, in one commit.
import type { Audit, AuditDraft } from '#shared/audit/audit.ts';
import type { Write } from '#shared/core/write.ts';
import type { Account, Charge, Ending } from '#shared/limits/spending.ts';

import type { CallMeta, Done, ServedBy } from './tool.ts';

/** What a call to a provider cost; nothing for every other call. */
export type Usage = { readonly usage?: Charge };

export type End = (
  ending: Ending<CallMeta>,
  record: AuditDraft,
  also?: (usage: Usage) => readonly Write[],
) => Promise<Usage>;

const usageOf = (charge: Charge | undefined): Usage => (charge ? { usage: charge } : {});

export const endingOf =
  (audit: Audit, money: Account<CallMeta>): End =>
  async (ending, { meta, ...record }, also = () => []) => {
    const charge = await money.settle(ending, (writes, cost) => {
      const all = meta || cost ? { meta: { ...meta, ...cost } } : {};
      // The ledger's first: only from it can be told whether a try without an answer was made.
      return audit.commit({ ...record, ...all }, [...writes, ...also(usageOf(cost))]);
    });
    return usageOf(charge);
  };

/** How it was served, for its caller and for its record. */
export function servedBy({ meta, served }: Done<unknown>) {
  const { mode, reason }: ServedBy = served ?? { mode: 'live' };
  return {
    how: { mode, ...(reason !== undefined && { reason }) },
    meta: { ...meta, ...(reason !== undefined && { outcome: mode, reason }) },
  };
}
