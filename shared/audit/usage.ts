// Projection of the audit trail: daily counts of each owner's actions, and the usage of their tool calls.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import type { Commit, Write } from '#shared/core/write.ts';

import { CATEGORIES, RESULTS } from './record.ts';

/** Fields of a new row, as the table's stream and the events of the bus carry them. */
export const AuditedEvent = z.object({
  eventId: z.string().min(1),
  ownerId: z.string().min(1),
  /** Any action: a release that records a new one may be deployed before the one that counts it. */
  act: z.string().regex(/^[a-z_]{1,40}\.[a-z_]{1,40}$/),
  category: z.enum(CATEGORIES),
  result: z.enum(RESULTS),
  ts: z.iso.datetime({ precision: 3 }),
  /** Target, reason and severity: empty if the record has none. */
  target: z.string().optional(),
  reason: z.string().optional(),
  severity: z.string().optional(),
  outcome: z.string().optional(),
  provider: z.string().optional(),
  /** `<provider>_<kid>`, in the order of use, separated by a space. */
  usedKeys: z.string().optional(),
  inputTokens: z.string().optional(),
  outputTokens: z.string().optional(),
  costMicroUsd: z.string().optional(),
});
export type AuditedEvent = z.infer<typeof AuditedEvent>;

/** `position`: place in the stream. Texts compare in the order in which the rows of one owner were written. */
export type PositionedEvent = AuditedEvent & { readonly position: string };

/** Events of one owner and day, in the order of the stream, as sums. */
export type UsageBatch = {
  readonly ownerId: string;
  readonly day: string;
  /** Positions of the first and the last event. */
  readonly first: string;
  readonly last: string;
  /** Time of the oldest event. */
  readonly since: string;
  /** Number of events by `<act>:<result>`. */
  readonly actions: ReadonlyMap<string, number>;
  /** Usage of tool calls by `<tool|provider|key>:<name>:<what>`. */
  readonly uses: ReadonlyMap<string, number>;
};

/** Port. */
export type UsageStore = {
  /**
   * Adds to the owner's day. Rejected with `conflict` if an event at or after `first` was counted for it before; `counted_to` in its
   * details is the position of the last one.
   */
  readonly count: (batch: UsageBatch) => Write;
  /** Adds to the counters of use of the owner's day. */
  readonly use: (batch: UsageBatch) => Write;
  /** Rejected with `conflict` if the owner's erasure is in progress or came after `since`. */
  readonly unlessErased: (batch: UsageBatch) => Write;
};

/** Keeps the names of one write below the 300 operators and 4 KB that DynamoDB takes in an expression. */
const EVENTS_PER_WRITE = 20;

const numberIn = (text: string | undefined) => (/^\d{1,15}$/.test(text ?? '') ? Number(text) : 0);

/**
 * Increments of an ended tool call, by `<tool|provider|key>:<name>:<what>`. Every key that was tried counts the call;
 * tokens and cost belong to the last one, which served it.
 */
function usesIn(event: AuditedEvent): ReadonlyMap<string, number> {
  const { act, result, target, provider } = event;
  if (act !== 'tool.called' || result === 'attempted') return new Map();
  const keys = (event.usedKeys ?? '').split(' ').filter((key) => key !== '');
  const used = Object.entries({
    input_tokens: numberIn(event.inputTokens),
    output_tokens: numberIn(event.outputTokens),
    cost_micro_usd: numberIn(event.costMicroUsd),
  }).filter(([, amount]) => amount > 0);
  const subject = (name: string) => [[`${name}:${result}`, 1] as const];
  const serving = (name: string) => used.map(([what, amount]) => [`${name}:${what}`, amount] as const);
  const both = (name: string) => [...subject(name), ...serving(name)];
  const last = keys.at(-1);
  const asked = provider || last?.split('_')[0];
  return new Map([
    ...both(`tool:${target || 'unknown'}`),
    ...(asked ? both(`provider:${asked}`) : []),
    ...[...new Set(keys)].flatMap((key) => subject(`key:${key}`)),
    ...(last === undefined ? [] : serving(`key:${last}`)),
  ]);
}

function sumOf(counters: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const sum = new Map<string, number>();
  for (const each of counters) for (const [name, by] of each) sum.set(name, (sum.get(name) ?? 0) + by);
  return sum;
}

function batchOf(events: readonly [PositionedEvent, ...PositionedEvent[]]): UsageBatch {
  const [{ ownerId, ts, position: first }] = events;
  return {
    ownerId,
    day: ts.slice(0, 10),
    first,
    last: events.at(-1)?.position ?? first,
    since: events.map((event) => event.ts).toSorted()[0] ?? ts,
    actions: sumOf(events.map(({ act, result }) => new Map([[`${act}:${result}`, 1]]))),
    uses: sumOf(events.map(usesIn)),
  };
}

type Group = [PositionedEvent, ...PositionedEvent[]];

/** By owner and day, each in the order of the stream. An erasure is not counted: that would begin a new account. */
const groupsOf = (events: readonly PositionedEvent[]): readonly Group[] =>
  [
    ...Map.groupBy(
      events.filter(({ act }) => act !== 'account.erased'),
      ({ ownerId, ts }) => `${ownerId} ${ts.slice(0, 10)}`,
    ).values(),
  ].filter((group): group is Group => group.length > 0);

/**
 * Counts each event exactly once, however often and in whatever batches it is delivered, and never for an owner erased since.
 * Requires the order of one owner's events to be that of the stream, as DynamoDB guarantees for the items of one partition key.
 */
export function createUsage({ store, commit }: { store: UsageStore; commit: Commit }) {
  /** @returns the conflict, if there is one */
  async function write(events: Group): Promise<AppError | undefined> {
    const batch = batchOf(events);
    try {
      const uses = batch.uses.size > 0 ? [store.use(batch)] : [];
      await commit([store.count(batch), ...uses, store.unlessErased(batch)]);
      return undefined;
    } catch (error) {
      if (error instanceof AppError && error.code === 'conflict') return error;
      throw error;
    }
  }

  /** Leaves out what was counted before. Where an erasure separates the events, each is compared with it alone. */
  async function countAll(events: Group): Promise<void> {
    const conflict = await write(events);
    if (!conflict) return;
    const { counted_to: countedTo } = conflict.details ?? {};
    const to = typeof countedTo === 'string' ? countedTo : '';
    const [first, ...rest] = events.filter(({ position }) => position > to);
    if (!first) return;
    if (rest.length < events.length - 1) return countAll([first, ...rest]);
    if (rest.length > 0) for (const event of events) await write([event]);
  }

  /** Later events of a day wait for its earlier ones: what is counted is known by the last position alone. */
  async function countDay(events: Group): Promise<string | undefined> {
    for (let at = 0; at < events.length; at += EVENTS_PER_WRITE) {
      const [first, ...rest] = events.slice(at, at + EVENTS_PER_WRITE);
      if (!first) break;
      try {
        await countAll([first, ...rest]);
      } catch {
        return first.position;
      }
    }
    return undefined;
  }

  /** @returns the positions from which events must be delivered again */
  return async (events: readonly PositionedEvent[]): Promise<readonly string[]> => {
    const failed = await Promise.all(groupsOf(events).map(countDay));
    return failed.filter((position) => position !== undefined);
  };
}
