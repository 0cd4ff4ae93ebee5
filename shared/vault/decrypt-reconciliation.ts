// Decrypt reconciliation: every KMS Decrypt event must have a matching key use in the audit trail. The two logs are
// written by independent parties, so a manipulation of either one is detected.
import type { Kid, OwnerId } from '#shared/core/ids.ts';

import { matchDecrypts } from './match-decrypts.ts';

type OfKey = { readonly ownerId: OwnerId; readonly kid: Kid; readonly version: number };

/** One successful `Decrypt` of the KMS log; owner and key are in its encryption context. */
export type Opening = OfKey & { readonly provider: string; readonly atMs: number };

/** Key uses according to the audit trail, by the time of their records. */
export type Account =
  /** Ended call, with the keys and versions it used. */
  | (OfKey & {
      readonly kind: 'receipt';
      readonly atMs: number;
      /** Start of the call, if its record was found. */
      readonly sinceMs?: number | undefined;
    })
  /** Call without an outcome: it may have used any of its owner's keys of this provider, each once. */
  | {
      readonly kind: 'attempt';
      readonly atMs: number;
      readonly ownerId: OwnerId;
      /** Absent if the record names no provider: any provider. */
      readonly provider?: string | undefined;
    };

export type ReconciliationReport<One extends Opening = Opening> = {
  readonly openings: number;
  /** Matched by a receipt. */
  readonly matched: number;
  /** Matched by an attempt only. */
  readonly possible: number;
  /** Without a match: an incident. */
  readonly unmatched: readonly One[];
  /**
   * Receipts without a Decrypt event within the lifetime of a cached data key: the log has a gap, or the trail has
   * false receipts.
   */
  readonly unproven: number;
};

/** Half-open interval, in milliseconds since the epoch. */
export type Span = { readonly fromMs: number; readonly toMs: number };
const ALWAYS: Span = { fromMs: -Infinity, toMs: Infinity };

/** Tolerance between two clocks, one of which has a resolution of seconds. */
const SKEW_MS = 5_000;
/** Longest timeout of a function that decrypts keys: a receipt is written when its call ends. */
export const LONGEST_CALL_MS = 300_000;
/** Lifetime of a cached data key, see the data-key cache. */
const CACHE_MS = 60_000;

const openedKeyName = ({ ownerId, kid, version }: OfKey) => `${ownerId} ${kid} ${version}`;
const byTime = (one: { atMs: number }, other: { atMs: number }) => one.atMs - other.atMs;

function grouped<Item>(items: readonly Item[], nameIn: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const name = nameIn(item);
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}

const AFTER = { fromMs: -SKEW_MS, toMs: LONGEST_CALL_MS + SKEW_MS };
const BEFORE = { fromMs: -LONGEST_CALL_MS - SKEW_MS, toMs: SKEW_MS };

const mayHaveUsed =
  (opening: Opening | undefined) =>
  ({ ownerId, provider }: Extract<Account, { kind: 'attempt' }>): boolean =>
    ownerId === opening?.ownerId && (provider === undefined || provider === opening.provider);

type Receipt = Extract<Account, { kind: 'receipt' }>;

/** A receipt explains only events during its call. */
const timesOf = ({ atMs, sinceMs }: Receipt) => ({
  atMs,
  ...(sinceMs !== undefined && { earliestMs: sinceMs - SKEW_MS }),
});

/**
 * A receipt is proven by a Decrypt event during its call, or during one of the calls of the minute before that call
 * began.
 */
const isProven = (
  { atMs: endMs, sinceMs = endMs - LONGEST_CALL_MS }: Receipt,
  openings: readonly Opening[],
) => openings.some(({ atMs }) => atMs <= endMs + SKEW_MS && atMs >= sinceMs - CACHE_MS - SKEW_MS);

/**
 * Compares the two logs. Both lists must extend a few minutes beyond the audited span, because records just outside it
 * may match events inside it; only events inside are reported. Each receipt matches one event, because a call decrypts
 * a version of a key at most once. There may be more receipts than events, because of the data-key cache, but never
 * fewer.
 */
export function reconcileDecrypts<One extends Opening>(
  openings: readonly One[],
  accounts: readonly Account[],
  audited: Span = ALWAYS,
): ReconciliationReport<One> {
  const within = ({ atMs }: { readonly atMs: number }) => atMs >= audited.fromMs && atMs < audited.toMs;
  const receipts = grouped(
    accounts.filter((account) => account.kind === 'receipt'),
    openedKeyName,
  );
  const attempts = accounts.filter((account) => account.kind === 'attempt').toSorted(byTime);
  const opened = grouped(openings.toSorted(byTime), openedKeyName);

  let possible = 0;
  const unmatched: One[] = [];
  for (const [name, own] of opened) {
    const explanations = matchDecrypts(
      own,
      { sorted: (receipts.get(name) ?? []).toSorted(byTime).map(timesOf), window: AFTER },
      { sorted: attempts.filter(mayHaveUsed(own[0])), window: BEFORE },
    );
    const inside = own
      .map((opening, index) => ({ opening, explanation: explanations[index] }))
      .filter(({ opening }) => within(opening));
    possible += inside.filter(({ explanation }) => explanation === 'attempt').length;
    unmatched.push(
      ...inside.filter(({ explanation }) => explanation === undefined).map(({ opening }) => opening),
    );
  }
  const unproven = [...receipts].reduce(
    (sum, [name, own]) =>
      sum + own.filter((one) => within(one) && !isProven(one, opened.get(name) ?? [])).length,
    0,
  );
  const total = openings.filter(within).length;
  return {
    openings: total,
    matched: total - possible - unmatched.length,
    possible,
    unmatched: unmatched.toSorted(byTime),
    unproven,
  };
}
