// How an owner leaves: a mark that it was asked for, then everything of theirs in bounded steps, then a statement. Whatever
// stops it on the way, the mark stays and the next call goes on.
import { AppError } from '#shared/core/errors.ts';
import type { Kid, ProviderId, Uid } from '#shared/core/ids.ts';
import type { Commit, Write } from '#shared/core/write.ts';

/** How far the backups of a table reach back. The template is held to these in a test. */
export const BACKUP_DAYS = { keys: 7, content: 35 } as const;

/** A day longer than any backup. So long nobody is let in by that name: what they began anew would be erased with a restored backup. */
export const MARK_DAYS = BACKUP_DAYS.content + 1;

/** The mark. It outlives the last backup, so that whoever restores one knows what must be erased again. */
export type Erasure = {
  readonly at: string;
  /** Where the owner had keys: to be revoked there. */
  readonly providers: readonly string[];
  /** Absent while rows may be left. */
  readonly finishedAt?: string | undefined;
};

/** Port. */
export type ErasureStore = {
  readonly find: (uid: Uid) => Promise<Erasure | undefined>;
  /** Refused with `conflict` unless the stored mark is `before`. */
  readonly mark: (uid: Uid, erasure: Erasure, before: Erasure | undefined) => Write;
  /** Names of the owner's rows besides keys: todos, notices, preferences, usage, kept replies. */
  readonly rows: (uid: Uid, limit: number) => Promise<string[]>;
  /** Refused with `not_found` when it is gone already. */
  readonly removeRow: (uid: Uid, row: string) => Write;
};

type KeyName = { readonly provider: ProviderId; readonly kid: Kid };

/** Port: the vault, as far as leaving goes. */
export type OwnKeys = {
  readonly list: (uid: Uid) => Promise<readonly KeyName[]>;
  readonly remove: (owner: KeyName & { readonly uid: Uid }) => Write;
};

/** What the trail is told on the way; the caller of `erase` records the end. */
export type Step =
  | { readonly kind: 'asked' }
  | { readonly kind: 'key'; readonly provider: ProviderId; readonly kid: Kid }
  | { readonly kind: 'rows'; readonly count: number };

export type Erased = {
  readonly erasure: Erasure;
  readonly keys: number;
  readonly rows: number;
  /** End it, to be committed with the record of the end; absent when time ran out and rows are left. */
  readonly end: readonly Write[] | undefined;
};

type Call = { readonly uid: Uid; readonly reqId: string; readonly hasTime: () => boolean };

/** Each row is an item of a transaction, which holds 100 at most; a removed key comes with its record. */
const KEYS_AT_ONCE = 40;
const ROWS_AT_ONCE = 90;

const refusedAs = (error: unknown, code: AppError['code']) =>
  error instanceof AppError && error.code === code;

export type ErasurePorts = {
  readonly store: ErasureStore;
  readonly keys: OwnKeys;
  /** What the owner has used. An owner who never called anything has none, which is no refusal. */
  readonly forgetUsage: (uid: Uid) => Write;
  readonly commit: Commit;
  readonly record: (step: Step, call: { uid: Uid; reqId: string }) => Write;
  readonly now: () => number;
};

/** The mark of an erasure under way is kept. When another call marks at this moment, both go on. */
async function begin({ store, keys, commit, record, now }: ErasurePorts, call: Call): Promise<Erasure> {
  const { uid } = call;
  const [before, present] = await Promise.all([store.find(uid), keys.list(uid)]);
  if (before && !before.finishedAt) return before;
  const providers = [...new Set([...(before?.providers ?? []), ...present.map((key) => key.provider)])];
  const erasure = { at: new Date(now()).toISOString(), providers: providers.toSorted() };
  try {
    await commit([store.mark(uid, erasure, before), record({ kind: 'asked' }, call)]);
  } catch (error) {
    const marked = refusedAs(error, 'conflict') ? await store.find(uid) : undefined;
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

/** Takes batch after batch until none is left. A batch of which another call took something is asked for anew. */
async function purge<Item>({ commit, hasTime, next, writesFor }: Purge<Item>) {
  let count = 0;
  while (hasTime()) {
    const batch = await next();
    if (batch.length === 0) return { count, complete: true };
    try {
      await commit(writesFor(batch));
      count += batch.length;
    } catch (error) {
      if (!refusedAs(error, 'not_found')) throw error;
    }
  }
  return { count, complete: false };
}

export function createErasure(ports: ErasurePorts): (call: Call) => Promise<Erased> {
  const { store, keys, commit, record, now } = ports;

  return async (call) => {
    const { uid, hasTime } = call;
    const erasure = await begin(ports, call);
    const gone = await purge({
      commit,
      hasTime,
      next: async () => (await keys.list(uid)).slice(0, KEYS_AT_ONCE),
      writesFor: (batch) =>
        batch.flatMap(({ provider, kid }) => [
          keys.remove({ uid, provider, kid }),
          record({ kind: 'key', provider, kid }, call),
        ]),
    });
    const cleared = await purge({
      commit,
      hasTime,
      next: () => store.rows(uid, ROWS_AT_ONCE),
      writesFor: (batch) => [
        ...batch.map((row) => store.removeRow(uid, row)),
        record({ kind: 'rows', count: batch.length }, call),
      ],
    });
    const finished = { ...erasure, finishedAt: new Date(now()).toISOString() };
    const isComplete = gone.complete && cleared.complete;
    const end = isComplete ? [store.mark(uid, finished, erasure), ports.forgetUsage(uid)] : undefined;
    return { erasure, keys: gone.count, rows: cleared.count, end };
  };
}

const DAY_MS = 24 * 3600_000;

/** What the owner is told. Nothing in it is a promise about what others keep. */
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
    ],
    /** The last copy of a data key leaves the memory of the last instance. */
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
