// End of a call: its record, its cost and the writes that belong to it, in one commit.
import type { Audit, AuditDraft } from '#shared/audit/audit.ts';
import type { RecordRejection } from '#shared/audit/rejections.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Write } from '#shared/core/write.ts';
import type { Account, Charge, Ending } from '#shared/limits/spending.ts';
import type { Intent } from '#shared/providers/completion-call.ts';

import type { CallMeta, Done, ServedBy } from './tool.ts';

/** Cost of a call to a provider; empty for every other call. */
export type Usage = { readonly usage?: Charge };

type End = (
  ending: Ending<CallMeta>,
  record: AuditDraft,
  also?: (usage: Usage) => readonly Write[],
) => Promise<Usage>;

const recordedUsage = (charge: Charge | undefined): Usage => (charge ? { usage: charge } : {});

/** A result that its route cannot return. The provider answered, so the call is charged by what it counted. */
class ResultTooLarge extends AppError {
  readonly meta: CallMeta;

  constructor({ meta = {} }: Done<unknown>) {
    super('upstream_malformed', 'The result is too large for this route. The call is charged.', {
      next_step: 'Ask for less, or call the tool over POST /mcp, which streams its responses.',
    });
    this.meta = meta;
  }
}

/** @throws {AppError} `upstream_malformed`, before anything of a result is recorded, kept or committed that cannot be returned */
export function requireReturnable(
  done: Done<unknown>,
  result: Readonly<Record<string, unknown>>,
  canReturn: (result: Readonly<Record<string, unknown>>) => boolean = () => true,
): void {
  if (!canReturn(result)) throw new ResultTooLarge(done);
}

/** The records of one call: its ATTEMPT, if it goes outside, and its end. */
export function recordsOf(
  { audit, recordRejection }: { audit: Audit; recordRejection: RecordRejection },
  money: Account<CallMeta>,
) {
  // An ATTEMPT has its OUTCOME in the trail, each of them: only what was never begun may be sampled.
  let begun = false;
  const end: End = async (ending, { meta, ...record }, also = () => []) => {
    const charge = await money.settle(ending, (writes, cost) => {
      const all = meta || cost ? { meta: { ...meta, ...cost } } : {};
      // The ledger's first: only from it can be told whether a try without an answer was made.
      return audit.commit({ ...record, ...all }, [...writes, ...also(recordedUsage(cost))]);
    });
    return recordedUsage(charge);
  };
  return {
    begin: (intent: Intent, attempt: AuditDraft, claim: readonly Write[]): Promise<void> => {
      begun = true; // even if it is not known whether it could be written
      return money.reserve(intent, (writes) => audit.commit(attempt, [...writes, ...claim]));
    },
    end,
    async fail(error: AppError, record: AuditDraft, writes: readonly Write[]): Promise<void> {
      const { meta } = error instanceof ResultTooLarge ? error : {};
      const ending = meta ? { served: meta } : { error };
      if (begun) await end(ending, { ...record, ...(meta && { meta }) }, () => writes);
      else await recordRejection(record, writes);
    },
  };
}

/** Basis of the charge of a call. An expired answer of the cache stands for a call that failed. */
export const endingOf = ({ meta = {}, failure }: Done<unknown>): Ending<CallMeta> =>
  failure ? { error: failure } : { served: meta };

/** Mode and reason of a served call, for its caller and for its record. */
export function servedBy({ meta, served, notes }: Done<unknown>) {
  const { mode, reason, ageSeconds }: ServedBy = served ?? { mode: 'live' };
  return {
    how: {
      cached: mode === 'cached' || mode === 'stale',
      mode,
      ...(reason !== undefined && { reason }),
      ...(ageSeconds !== undefined && { ageSeconds }),
      ...(notes && { notes }),
    },
    meta: {
      ...meta,
      ...(mode !== 'live' && { outcome: mode }),
      ...(reason !== undefined && { reason }),
      ...(ageSeconds !== undefined && { age_seconds: ageSeconds }),
    },
  };
}
