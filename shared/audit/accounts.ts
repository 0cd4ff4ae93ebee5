// Key uses derived from an owner's audit records, for comparison with the KMS log.
import type { Kid } from '#shared/core/ids.ts';

import type { Action, AuditRecord } from './record.ts';

export type UseAccount =
  | {
      readonly kind: 'receipt';
      readonly atMs: number;
      /** Time of the call's attempt, if it is among the records: the key was decrypted after it. */
      readonly sinceMs?: number | undefined;
      readonly kid: Kid;
      readonly version: number;
    }
  /** `provider`: provider of the keys that the call may have used, if its record names one. */
  | { readonly kind: 'attempt'; readonly atMs: number; readonly provider?: string | undefined };

/** Only these actions decrypt keys. */
const USING = new Set<Action>(['tool.called', 'key.validated', 'key.renewed', 'key.renewal_failed']);

/**
 * Correlation by category and request id: an attempt may end as another action, for example the check of a new key as
 * its deposit.
 */
const callKey = ({ category, requestId }: AuditRecord) => `${category} ${requestId}`;

const receiptsIn = ({ ts, keys = [] }: AuditRecord, sinceMs: number | undefined): UseAccount[] => {
  // Deduplicates: a key that is used twice in one call is decrypted once.
  const used = new Map(keys.map((key) => [`${key.kid} ${key.version}`, key]));
  return [...used.values()].map(({ kid, version }) => ({
    kind: 'receipt',
    atMs: Date.parse(ts),
    ...(sinceMs !== undefined && { sinceMs }),
    kid: kid as Kid, // only compared, otherwise unused
    version,
  }));
};

const attemptIn = ({ ts, meta }: AuditRecord): UseAccount => {
  const provider = meta?.['provider'];
  return {
    kind: 'attempt',
    atMs: Date.parse(ts),
    ...(typeof provider === 'string' && { provider }),
  };
};

/** Attempts count only if no outcome of theirs is among the records. */
export function accountsIn(records: readonly AuditRecord[]): UseAccount[] {
  const ended = new Set(records.filter(({ result }) => result !== 'attempted').map(callKey));
  const begun = new Map<string, number>();
  for (const record of records) {
    const [call, at] = [callKey(record), Date.parse(record.ts)];
    if (record.result === 'attempted') begun.set(call, Math.min(at, begun.get(call) ?? at));
  }
  return records.flatMap((record): UseAccount[] => {
    if (!USING.has(record.act)) return [];
    if (record.result !== 'attempted') return receiptsIn(record, begun.get(callKey(record)));
    return ended.has(callKey(record)) ? [] : [attemptIn(record)];
  });
}
