// The idempotency store without a table: the same conditions, on a Map.
import { AppError } from '#shared/core/errors.ts';
import type { Commit, Write } from '#shared/core/write.ts';
import type {
  RecordKey,
  IdempotencyRecord,
  IdempotencyStore,
} from '#shared/idempotency/idempotent-request.ts';

const commit: Commit = async (writes) => {
  for (const { item } of writes) (item as () => void)();
};

const at = ({ ownerId, name }: RecordKey) => `${ownerId} ${name}`;

export function memoryIdempotencyStore() {
  const rows = new Map<string, IdempotencyRecord>();
  const guarded = (
    recordKey: RecordKey,
    row: IdempotencyRecord,
    holds: (old: IdempotencyRecord | undefined) => boolean,
  ): Write => ({
    item: () => {
      if (!holds(rows.get(at(recordKey)))) throw new AppError('idempotency_in_flight');
      rows.set(at(recordKey), row);
    },
    rejected: () => new AppError('idempotency_in_flight'),
  });
  const store: IdempotencyStore = {
    find: async (recordKey) => rows.get(at(recordKey)),
    putIfFree: (recordKey, row, now) =>
      guarded(
        recordKey,
        row,
        (old) =>
          !old ||
          old.expires <= now ||
          (old.state === 'claimed' && old.until <= now && old.body === row.body),
      ),
    completeClaim: (recordKey, row) =>
      guarded(recordKey, row, (old) => old?.state === 'claimed' && old.holder === row.holder),
  };
  return { store, commit, rows };
}
