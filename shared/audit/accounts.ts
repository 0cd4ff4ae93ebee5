// What an owner's records say of uses of keys, for comparison with another log that says it too.
import type { Kid } from '#shared/core/ids.ts';

import type { Action, AuditRecord } from './record.ts';

export type UseAccount =
  | { readonly kind: 'receipt'; readonly atMs: number; readonly kid: Kid; readonly ver: number }
  /** `provider`: whose keys the call may have used, where its record tells. */
  | { readonly kind: 'attempt'; readonly atMs: number; readonly provider?: string | undefined };

/** Only these open keys. */
const USING = new Set<Action>(['tool.called', 'key.validated', 'key.renewed', 'key.renewal_failed']);

/** An attempt may end under another name: the check of a new key in its being stored, a renewal in its failure. */
const callOf = ({ category, reqId }: AuditRecord) => `${category} ${reqId}`;

const receiptsIn = ({ ts, keys = [] }: AuditRecord): UseAccount[] => {
  // A call that comes back to a key finds it opened.
  const used = new Map(keys.map((key) => [`${key.kid} ${key.ver}`, key]));
  return [...used.values()].map(({ kid, ver }) => ({
    kind: 'receipt',
    atMs: Date.parse(ts),
    kid: kid as Kid, // compared with others and put to no other use
    ver,
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

/** Attempts count only while no outcome of theirs is among the records. */
export function accountsIn(records: readonly AuditRecord[]): UseAccount[] {
  const ended = new Set(records.filter(({ result }) => result !== 'attempted').map(callOf));
  return records.flatMap((record): UseAccount[] => {
    if (!USING.has(record.act)) return [];
    if (record.result !== 'attempted') return receiptsIn(record);
    return ended.has(callOf(record)) ? [] : [attemptIn(record)];
  });
}
