// The second audit: does every opening of a data key that the key service logged have a use in the trail that accounts for it?
// The two are written by different hands, so whoever bends one of them shows.
import type { Kid, Uid } from '#shared/core/ids.ts';

type OfKey = { readonly uid: Uid; readonly kid: Kid; readonly ver: number };

/** One `Decrypt` that succeeded, from the key service's own log; whose and which stand in its encryption context. */
export type Opening = OfKey & { readonly provider: string; readonly atMs: number };

/** What the trail says of uses, by when it was written. */
export type Account =
  /** A call that ended: which keys it used, and which version of them. */
  | (OfKey & { readonly kind: 'receipt'; readonly atMs: number })
  /** A call that began and has no end: it may have used any of its owner's keys of this provider, each once. */
  | {
      readonly kind: 'attempt';
      readonly atMs: number;
      readonly uid: Uid;
      /** Absent where its record does not tell: of any. */
      readonly provider?: string | undefined;
    };

export type CustodyReport<One extends Opening = Opening> = {
  readonly openings: number;
  /** Accounted for by a receipt. */
  readonly matched: number;
  /** Accounted for by an attempt alone. */
  readonly possible: number;
  /** Nobody accounts for these: an incident. */
  readonly unmatched: readonly One[];
  /**
   * Receipts no opening preceded for as long as a data key is kept in memory: the log has a gap, or the trail tells of uses that
   * were none.
   */
  readonly unproven: number;
};

/** From the first to before the second, in milliseconds since the epoch. */
export type Span = { readonly fromMs: number; readonly toMs: number };
const ALWAYS: Span = { fromMs: -Infinity, toMs: Infinity };

/** Two clocks, one of which counts whole seconds. */
const SKEW_MS = 5_000;
/** A receipt is written when its call ends: later than the opening by no more than a function may run. */
const LONGEST_CALL_MS = 60_000;
/** See the data-key cache. */
const CACHE_MS = 60_000;

const nameOf = ({ uid, kid, ver }: OfKey) => `${uid} ${kid} ${ver}`;
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

/**
 * Gives each opening the earliest account that is still free and may be its own; both in order of time. All windows are equally
 * long, so no other choice leaves fewer without.
 */
function pair<One extends Opening>(
  openings: readonly One[],
  accounts: readonly Account[],
  window: Span,
): One[] {
  let next = 0;
  return openings.filter((opening) => {
    let account = accounts[next];
    while (account && account.atMs < opening.atMs + window.fromMs) {
      next += 1;
      account = accounts[next];
    }
    if (!account || account.atMs > opening.atMs + window.toMs) return true;
    next += 1;
    return false;
  });
}

const AFTER = { fromMs: -SKEW_MS, toMs: LONGEST_CALL_MS + SKEW_MS };
const BEFORE = { fromMs: -LONGEST_CALL_MS - SKEW_MS, toMs: SKEW_MS };

const mayHaveUsed =
  (opening: Opening | undefined) =>
  ({ uid, provider }: Extract<Account, { kind: 'attempt' }>): boolean =>
    uid === opening?.uid && (provider === undefined || provider === opening.provider);

/** A receipt is proven by an opening in the call it ends, or in one of the calls of the minute before that call began. */
const isProven = (receiptAtMs: number, openings: readonly Opening[]) =>
  openings.some(
    ({ atMs }) => atMs <= receiptAtMs + SKEW_MS && atMs >= receiptAtMs - LONGEST_CALL_MS - CACHE_MS - SKEW_MS,
  );

/**
 * Both lists must reach a few minutes further than the time under audit, for what happens just outside it may account for what
 * happened inside; only what lies inside is reported. Each receipt accounts for one opening, for a call opens a
 * version of a key at most once; there may be more receipts than openings, as many as the data-key cache serves, never fewer.
 */
export function compareCustody<One extends Opening>(
  openings: readonly One[],
  accounts: readonly Account[],
  audited: Span = ALWAYS,
): CustodyReport<One> {
  const within = ({ atMs }: { readonly atMs: number }) => atMs >= audited.fromMs && atMs < audited.toMs;
  const receipts = grouped(
    accounts.filter((account) => account.kind === 'receipt'),
    nameOf,
  );
  const attempts = accounts.filter((account) => account.kind === 'attempt').toSorted(byTime);
  const opened = grouped(openings.toSorted(byTime), nameOf);

  let possible = 0;
  const unmatched: One[] = [];
  for (const [name, own] of opened) {
    const left = pair(own, (receipts.get(name) ?? []).toSorted(byTime), AFTER);
    const lost = pair(left, attempts.filter(mayHaveUsed(own[0])), BEFORE);
    const lostWithin = lost.filter(within);
    possible += left.filter(within).length - lostWithin.length;
    unmatched.push(...lostWithin);
  }
  const unproven = [...receipts].reduce(
    (sum, [name, own]) =>
      sum + own.filter((one) => within(one) && !isProven(one.atMs, opened.get(name) ?? [])).length,
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
