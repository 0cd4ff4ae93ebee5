// Erasure of an account: a marker, then all data of the owner in bounded steps, then a statement. After an interruption
// the marker remains and the next call continues.
import { AppError } from '#shared/core/errors.ts';
import type { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import type { Commit, Write } from '#shared/core/write.ts';

/** Retention of backups per table, in days. A test compares these with the template. */
export const BACKUP_DAYS = { keys: 7, content: 35 } as const;

/**
 * One day longer than any backup. The account stays blocked until then: data created in between would be lost when a
 * restored backup is erased again.
 */
export const MARK_DAYS = BACKUP_DAYS.content + 1;

/**
 * Erasure marker. It outlives the last backup, so that an operator who restores one knows what must be erased again.
 */
export type Erasure = {
  readonly at: string;
  /** Providers of the owner's keys, where the keys must be revoked. */
  readonly providers: readonly string[];
  /** Absent while rows may remain. */
  readonly finishedAt?: string | undefined;
};

/** Port. */
export type ErasureStore = {
  readonly find: (ownerId: OwnerId) => Promise<Erasure | undefined>;
  /** Rejected with `conflict` unless the stored marker is `before`. */
  readonly mark: (ownerId: OwnerId, erasure: Erasure, before: Erasure | undefined) => Write;
  /** Names of the owner's rows other than keys: todos, notices, preferences, usage, stored responses, personal access tokens. */
  readonly rows: (ownerId: OwnerId, limit: number) => Promise<string[]>;
  /** Rejected with `not_found` if it no longer exists. */
  readonly removeRow: (ownerId: OwnerId, row: string) => Write;
};

type KeyName = { readonly provider: ProviderId; readonly kid: Kid };

/** Port: the part of the vault that erasure needs. */
export type OwnKeys = {
  readonly list: (ownerId: OwnerId) => Promise<readonly KeyName[]>;
  readonly remove: (owner: KeyName & { readonly ownerId: OwnerId }) => Write;
};

/** Audit records of the steps; the caller of `erase` records the completion. */
export type Step =
  | { readonly kind: 'asked' }
  | { readonly kind: 'key'; readonly provider: ProviderId; readonly kid: Kid }
  | { readonly kind: 'rows'; readonly count: number };

export type Erased = {
  readonly erasure: Erasure;
  readonly keys: number;
  readonly rows: number;
  /** Writes that complete the erasure, to be committed with its record; absent if time ran out and rows remain. */
  readonly end: readonly Write[] | undefined;
};

type Call = { readonly ownerId: OwnerId; readonly requestId: string; readonly hasTime: () => boolean };

/** Each row is an item of a transaction, which holds at most 100; a deleted key has an audit record in addition. */
const KEYS_AT_ONCE = 40;
const ROWS_AT_ONCE = 90;

const hasCode = (error: unknown, code: AppError['code']) => error instanceof AppError && error.code === code;

export type ErasurePorts = {
  readonly store: ErasureStore;
  readonly keys: OwnKeys;
  /** Deletes the owner's ledger. It has no effect if the owner has none. */
  readonly forgetUsage: (ownerId: OwnerId) => Write;
  readonly commit: Commit;
  readonly record: (step: Step, call: { ownerId: OwnerId; requestId: string }) => Write;
  readonly now: () => number;
};

/** Keeps the marker of an erasure in progress. If another call sets it concurrently, both continue. */
async function begin({ store, keys, commit, record, now }: ErasurePorts, call: Call): Promise<Erasure> {
  const { ownerId } = call;
  const [before, present] = await Promise.all([store.find(ownerId), keys.list(ownerId)]);
  if (before && !before.finishedAt) return before;
  const providers = [...new Set([...(before?.providers ?? []), ...present.map((key) => key.provider)])];
  const erasure = { at: new Date(now()).toISOString(), providers: providers.toSorted() };
  try {
    await commit([store.mark(ownerId, erasure, before), record({ kind: 'asked' }, call)]);
  } catch (error) {
    const marked = hasCode(error, 'conflict') ? await store.find(ownerId) : undefined;
    if (!marked) throw error;
    return marked;
  }
  return erasure;
}

type Purge<Item> = {
  readonly commit: Commit;
  readonly hasTime: () => boolean;
  readonly next: () => Promise<readonly Item[]>;
  readonly writesFor: (batch: readonly Item[]) => readonly Write[];
};

/** Deletes batch after batch. A batch that another call partly deleted is read again. */
async function purge<Item>({ commit, hasTime, next, writesFor }: Purge<Item>) {
  let count = 0;
  while (hasTime()) {
    const batch = await next();
    if (batch.length === 0) return { count, complete: true };
    try {
      await commit(writesFor(batch));
      count += batch.length;
    } catch (error) {
      if (!hasCode(error, 'not_found')) throw error;
    }
  }
  return { count, complete: false };
}

export function createErasure(ports: ErasurePorts): (call: Call) => Promise<Erased> {
  const { store, keys, commit, record, now } = ports;

  return async (call) => {
    const { ownerId, hasTime } = call;
    const erasure = await begin(ports, call);
    const gone = await purge({
      commit,
      hasTime,
      next: async () => (await keys.list(ownerId)).slice(0, KEYS_AT_ONCE),
      writesFor: (batch) =>
        batch.flatMap(({ provider, kid }) => [
          keys.remove({ ownerId, provider, kid }),
          record({ kind: 'key', provider, kid }, call),
        ]),
    });
    const cleared = await purge({
      commit,
      hasTime,
      next: () => store.rows(ownerId, ROWS_AT_ONCE),
      writesFor: (batch) => [
        ...batch.map((row) => store.removeRow(ownerId, row)),
        record({ kind: 'rows', count: batch.length }, call),
      ],
    });
    const finished = { ...erasure, finishedAt: new Date(now()).toISOString() };
    const isComplete = gone.complete && cleared.complete;
    const end = isComplete ? [store.mark(ownerId, finished, erasure), ports.forgetUsage(ownerId)] : undefined;
    return { erasure, keys: gone.count, rows: cleared.count, end };
  };
}

const DAY_MS = 24 * 3600_000;

/** Statement for the owner. It makes no promise about data held by others. */
export function statementOf(
  { erasure, keys, rows, end }: Erased,
  providers: readonly { id: string; title: string; keyPage: string }[],
) {
  const lapse = (days: number) => new Date(Date.parse(erasure.at) + days * DAY_MS).toISOString();
  return {
    success: end !== undefined,
    complete: end !== undefined,
    message: end
      ? 'Your data was erased from this service. Revoke your keys at their providers as well.'
      : 'Erasure is incomplete: part of your data remains.',
    ...(!end && { next_step: 'Send the same request again to continue the erasure.' }),
    erased_at: erasure.at,
    erased: { keys, records: rows },
    no_longer_readable: [
      'provider keys',
      'todos',
      'notices',
      'preferences',
      'usage counters',
      'stored responses of idempotent requests',
      'personal access tokens',
    ],
    /** Time until the last cached data key expires in the last instance. */
    live_within_seconds: 60,
    backups: [
      { what: 'provider keys', days: BACKUP_DAYS.keys, lapse_at: lapse(BACKUP_DAYS.keys) },
      {
        what: 'todos, notices, preferences, usage counters',
        days: BACKUP_DAYS.content,
        lapse_at: lapse(BACKUP_DAYS.content),
      },
    ],
    kept: 'The audit trail is kept: it contains a pseudonymous owner id, no key and no text of yours.',
    revoke_at_providers: erasure.providers.map((id) => {
      const facts = providers.find((each) => each.id === id);
      const page = facts?.keyPage ?? '';
      return { provider: id, title: facts?.title ?? id, url: URL.canParse(page) ? page : null };
    }),
  };
}
