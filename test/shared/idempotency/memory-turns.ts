// The idempotency store without a table: the same conditions, on a Map.
import { AppError } from '#shared/core/errors.ts';
import type { Commit, Write } from '#shared/core/write.ts';
import type { Place, Row, TurnStore } from '#shared/idempotency/turn.ts';

const commit: Commit = async (writes) => {
  for (const { item } of writes) (item as () => void)();
};

const at = ({ uid, name }: Place) => `${uid} ${name}`;

export function memoryTurns() {
  const rows = new Map<string, Row>();
  const guarded = (place: Place, row: Row, holds: (old: Row | undefined) => boolean): Write => ({
    item: () => {
      if (!holds(rows.get(at(place)))) throw new AppError('idempotency_in_flight');
      rows.set(at(place), row);
    },
    refused: () => new AppError('idempotency_in_flight'),
  });
  const store: TurnStore = {
    find: async (place) => rows.get(at(place)),
    take: (place, row, now) =>
      guarded(
        place,
        row,
        (old) =>
          !old ||
          old.expires <= now ||
          (old.state === 'claimed' && old.until <= now && old.body === row.body),
      ),
    settle: (place, row) =>
      guarded(place, row, (old) => old?.state === 'claimed' && old.holder === row.holder),
  };
  return { store, commit, rows };
}
