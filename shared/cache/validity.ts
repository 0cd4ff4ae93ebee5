// Whether a row of the second tier may answer: by time, and by the generations of its tags.
import { canonicalJson } from '#shared/core/canonical-json.ts';

import type { CacheRow, CacheState, Generations } from './store.ts';

/** Generations that an entry with these tags depends on. Absent: ''. */
export function generationsOf(tags: readonly string[], { own, all }: Pick<CacheState, 'own' | 'all'>) {
  const pairs = tags.flatMap((tag) => [
    [`own:${tag}`, own[tag] ?? ''],
    [`all:${tag}`, all[tag] ?? ''],
  ]);
  return Object.fromEntries(pairs) as Generations;
}

/** Values of a row that its seal covers: write access to the table can neither extend its life nor undo an invalidation. */
export const sealedWith = ({
  generations,
  maxUntil,
  endsAt,
  storedAt,
}: Omit<CacheRow, 'sealed' | 'freshUntil' | 'holder' | 'ended'>): readonly string[] => [
  canonicalJson(generations),
  String(maxUntil),
  String(endsAt),
  String(storedAt),
];

export type Freshness = 'fresh' | 'stale' | 'invalid';

/** DynamoDB deletes expired rows late, so each read checks the time. */
export function freshnessOf(row: CacheRow, current: Generations, now: number): Freshness {
  if (row.endsAt <= now || row.storedAt > now + CLOCK_TOLERANCE_MS) return 'invalid';
  if (canonicalJson(row.generations) !== canonicalJson(current)) return 'invalid';
  return Math.min(row.freshUntil, row.maxUntil) > now ? 'fresh' : 'stale';
}

/** A row from further in the future was stored by a clock that is wrong. */
const CLOCK_TOLERANCE_MS = 60_000;
