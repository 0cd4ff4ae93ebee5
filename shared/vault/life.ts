// A key's life, as functions from one state of its row to the next. Each step counts the row up by one (`rv`), which makes
// its write conditional; a step that changes nothing returns the row itself. No clock, no store, no secret.
import { AppError } from '#shared/core/errors.ts';
import { keyIdOf } from '#shared/core/ids.ts';

import { previousOf, type StoredKey, type Validation, type Value } from './stored-key.ts';

/** How long a replaced value still works: long enough for whoever holds it, short enough to be over today. */
const GRACE_MS = 15 * 60_000;

const iso = (ms: number) => new Date(ms).toISOString();

const valueOf = (key: StoredKey): Value => {
  const { ver, blob, wk, wkArn, wkFp, last4, fp, expiresAt, validation } = key;
  return {
    ver,
    blob,
    wk,
    wkArn,
    wkFp,
    last4,
    fp,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(validation && { validation }),
  };
};

/** The row without its values. */
const frameOf = ({ expiresAt: _expiry, validation: _validation, prev: _prev, ...key }: StoredKey) => key;

/** Frozen or not: the provider refuses this value, so nothing may bring it back but the provider. */
const isRefused = ({ status, validation }: StoredKey) =>
  status === 'invalid' || validation?.outcome === 'rejected';

/** How long this value works once another has replaced it. One that is refused or expired is over at once. */
function until(key: StoredKey, { now, atMost }: { now: number; atMost: number }): string {
  if (isRefused(key)) return iso(now);
  return iso(key.expiresAt === undefined ? atMost : Math.min(atMost, Date.parse(key.expiresAt)));
}

/** Puts `value` in the place of the current one, which becomes the previous one. A freeze stands above both. */
const withValue = (key: StoredKey, value: Value, keptUntil: string): StoredKey => ({
  ...frameOf(key),
  ...value,
  prev: { ...valueOf(key), until: keptUntil },
  status: key.status === 'frozen' ? 'frozen' : 'active',
  rv: key.rv + 1,
});

/** Of the value that comes next. Numbers are never used twice, also after going back to an older value. */
export const nextVersion = ({ ver, prev }: StoredKey): number => Math.max(ver, prev?.ver ?? 0) + 1;

/**
 * The new value serves from now on; the old one stays for a grace period.
 * @throws {AppError} `conflict` unless the value was sealed as this row's next version
 */
export function rotated(key: StoredKey, value: Value, now: number): StoredKey {
  if (value.ver !== nextVersion(key)) throw new AppError('conflict');
  const kept = until(key, { now, atMost: now + GRACE_MS });
  return { ...withValue(key, value, kept), rotatedAt: iso(now) };
}

/**
 * Swaps the current and the previous value, within the grace period of the rotation: it does not start anew.
 * @throws {AppError} `conflict` when there is nothing to go back to, any more
 */
export function rolledBack(key: StoredKey, now: number): StoredKey {
  const previous = previousOf(key, now);
  if (!previous) {
    throw new AppError('conflict', 'No previous value to restore.', {
      next_step: 'Rotate the key to the wanted value.',
    });
  }
  const { until: end, ...value } = previous;
  return withValue(key, value, until(key, { now, atMost: Date.parse(end) }));
}

export const frozen = (key: StoredKey): StoredKey =>
  key.status === 'frozen' ? key : { ...key, status: 'frozen', rv: key.rv + 1 };

/** To what it was: freezing a refused key and thawing it does not make the provider take it. */
export const unfrozen = (key: StoredKey): StoredKey =>
  key.status === 'frozen'
    ? { ...key, status: isRefused({ ...key, status: 'active' }) ? 'invalid' : 'active', rv: key.rv + 1 }
    : key;

export function labelled(key: StoredKey, label: string | null): StoredKey {
  if ((key.label ?? null) === label) return key;
  const { label: _before, ...rest } = key;
  return { ...rest, ...(label !== null && { label }), rv: key.rv + 1 };
}

function statusAfter({ status }: StoredKey, { outcome }: Validation): StoredKey['status'] {
  if (status === 'frozen' || outcome === 'unreachable') return status;
  return outcome === 'valid' ? 'active' : 'invalid';
}

/** What a provider said of the current value. Being unreachable takes back nothing that it said before. */
export function validated(key: StoredKey, validation: Validation): StoredKey {
  if (validation.outcome === 'unreachable' && isRefused(key)) return key;
  return { ...key, validation, status: statusAfter(key, validation), rv: key.rv + 1 };
}

/**
 * The owner's keys of one provider in a new order: those of them whose place changes.
 * @throws {AppError} `conflict`, telling the current order, unless exactly these keys are named, each once
 */
export function ordered(keys: readonly StoredKey[], keyIds: readonly string[]): StoredKey[] {
  const byId = new Map(keys.map((key) => [keyIdOf(key.provider, key.kid), key]));
  const named = keyIds.flatMap((id) => byId.get(id) ?? []);
  if (keyIds.length !== keys.length || new Set(named).size !== keys.length) {
    throw new AppError('conflict', 'The list must name each of your keys of this provider exactly once.', {
      current: [...byId.keys()],
    });
  }
  return named.flatMap((key, order) => (key.order === order ? [] : [{ ...key, order, rv: key.rv + 1 }]));
}
