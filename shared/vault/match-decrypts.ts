// Assignment of Decrypt events to the records that explain them: as many events as possible get a record of their own.
type Timed = { readonly atMs: number };

/** Interval of a record's time relative to the event, both ends included. */
export type Window = { readonly fromMs: number; readonly toMs: number };

/** Records of one kind, sorted by time, and when they explain an event; none explains one before its own `earliestMs`. */
export type Records = {
  readonly sorted: readonly (Timed & { readonly earliestMs?: number | undefined })[];
  readonly window: Window;
};

/** Position of the first record at or after this time. */
function firstAt(sorted: readonly Timed[], atMs: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.atMs ?? Infinity) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function positionsIn({ sorted, window }: Records, { atMs }: Timed): number[] {
  const positions: number[] = [];
  for (let at = firstAt(sorted, atMs + window.fromMs); at < sorted.length; at += 1) {
    const record = sorted[at];
    if (!record || record.atMs > atMs + window.toMs) break;
    if (atMs >= (record.earliestMs ?? -Infinity)) positions.push(at);
  }
  return positions;
}

/**
 * Maximum bipartite matching by shortest augmenting paths (breadth-first). Receipts are assigned first, so attempts explain only
 * what receipts cannot. A greedy choice is not enough: the receipt that one event takes may be the only one of another event,
 * while an attempt would have explained the first.
 * @returns per event what explains it, in the order of the events
 */
export function matchDecrypts(
  events: readonly Timed[],
  receipts: Records,
  attempts: Records,
): ('receipt' | 'attempt' | undefined)[] {
  const offset = receipts.sorted.length; // attempts follow the receipts in one numbering
  const holderOf = new Map<number, number>();
  const recordOf = new Map<number, number>();

  function candidates(event: Timed, withAttempts: boolean): number[] {
    const found = positionsIn(receipts, event);
    return withAttempts ? [...found, ...positionsIn(attempts, event).map((at) => at + offset)] : found;
  }

  /** Passes each record on the path to the event that reached it. */
  function reassign(free: number, reachedBy: ReadonlyMap<number, number>): void {
    for (let record: number | undefined = free; record !== undefined; ) {
      const event = reachedBy.get(record) as number;
      const previous = recordOf.get(event);
      holderOf.set(record, event);
      recordOf.set(event, record);
      record = previous;
    }
  }

  function assign(start: number, withAttempts: boolean): void {
    const reachedBy = new Map<number, number>();
    const queue = [start];
    for (const index of queue) {
      for (const record of candidates(events[index] as Timed, withAttempts)) {
        if (reachedBy.has(record)) continue;
        reachedBy.set(record, index);
        const holder = holderOf.get(record);
        if (holder === undefined) return reassign(record, reachedBy);
        queue.push(holder);
      }
    }
  }

  for (const withAttempts of [false, true]) {
    for (const index of events.keys()) if (!recordOf.has(index)) assign(index, withAttempts);
  }
  return Array.from(events.keys(), (index) => {
    const record = recordOf.get(index);
    if (record === undefined) return undefined;
    return record < offset ? 'receipt' : 'attempt';
  });
}
