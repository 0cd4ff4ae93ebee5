// Life cycle of a key, as functions from one state of its row to the next. Each step increments the row version (`revision`),
// which makes its write conditional; a step without a change returns the row itself. Pure: no clock, no store, no
// secret.
import { AppError } from '#shared/core/errors.ts';
import { keyIdOf } from '#shared/core/ids.ts';

import { previousOf, type StoredKey, type Validation, type Value } from './stored-key.ts';

/** Grace period of a replaced value: long enough for running clients, short enough to end the same day. */
const GRACE_MS = 15 * 60_000;

const iso = (ms: number) => new Date(ms).toISOString();

const currentValue = (key: StoredKey): Value => {
  const { version, blob, wk, wkArn, wkFp, last4, fp, expiresAt, validation } = key;
  return {
    version,
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
const withoutValue = ({ expiresAt: _expiry, validation: _validation, prev: _prev, ...key }: StoredKey) => key;

/** True if the provider rejected this value, frozen or not: only the provider can make it usable again. */
const isRejectedValue = ({ status, validation }: StoredKey) =>
  status === 'invalid' || validation?.outcome === 'rejected';

/** End of the grace period of a replaced value. A rejected or expired value has none. */
function graceEnd(key: StoredKey, { now, atMost }: { now: number; atMost: number }): string {
  if (isRejectedValue(key)) return iso(now);
  return iso(key.expiresAt === undefined ? atMost : Math.min(atMost, Date.parse(key.expiresAt)));
}

/** Replaces the current value, which becomes the previous one. A frozen key stays frozen. */
const withValue = (key: StoredKey, value: Value, keptUntil: string): StoredKey => ({
  ...withoutValue(key),
  ...value,
  prev: { ...currentValue(key), until: keptUntil },
  status: key.status === 'frozen' ? 'frozen' : 'active',
  revision: key.revision + 1,
});

/** Version number of the next value. Numbers are never reused, also after a rollback. */
export const nextVersion = ({ version, prev }: StoredKey): number =>
  Math.max(version, prev?.version ?? 0) + 1;

/**
 * Activates the new value; the old one remains for a grace period.
 * @throws {AppError} `conflict` unless the value was sealed as this row's next version
 */
export function rotated(key: StoredKey, value: Value, now: number): StoredKey {
  if (value.version !== nextVersion(key)) throw new AppError('conflict');
  const kept = graceEnd(key, { now, atMost: now + GRACE_MS });
  return { ...withValue(key, value, kept), rotatedAt: iso(now) };
}

/**
 * Swaps the current and the previous value within the grace period of the rotation, which is not extended.
 * @throws {AppError} `conflict` if there is no previous value to restore
 */
export function rolledBack(key: StoredKey, now: number): StoredKey {
  const previous = previousOf(key, now);
  if (!previous) {
    throw new AppError('conflict', 'No previous value to restore.', {
      next_step: 'Rotate the key to the wanted value.',
    });
  }
  const { until: end, ...value } = previous;
  return withValue(key, value, graceEnd(key, { now, atMost: Date.parse(end) }));
}

export const frozen = (key: StoredKey): StoredKey =>
  key.status === 'frozen' ? key : { ...key, status: 'frozen', revision: key.revision + 1 };

/** Restores the status before the freeze: unfreezing does not make a rejected key valid. */
export const unfrozen = (key: StoredKey): StoredKey =>
  key.status === 'frozen'
    ? {
        ...key,
        status: isRejectedValue({ ...key, status: 'active' }) ? 'invalid' : 'active',
        revision: key.revision + 1,
      }
    : key;

export function labelled(key: StoredKey, label: string | null): StoredKey {
  if ((key.label ?? null) === label) return key;
  const { label: _before, ...rest } = key;
  return { ...rest, ...(label !== null && { label }), revision: key.revision + 1 };
}

function statusAfter({ status }: StoredKey, { outcome }: Validation): StoredKey['status'] {
  if (status === 'frozen' || outcome === 'unreachable') return status;
  return outcome === 'valid' ? 'active' : 'invalid';
}

/** Stores the provider's verdict on the current value. An unreachable provider does not replace an earlier verdict. */
export function validated(key: StoredKey, validation: Validation): StoredKey {
  if (validation.outcome === 'unreachable' && isRejectedValue(key)) return key;
  return { ...key, validation, status: statusAfter(key, validation), revision: key.revision + 1 };
}

/**
 * New order of the owner's keys of one provider: returns the keys whose position changes.
 * @throws {AppError} `conflict`, with the current order, unless exactly these keys are named, each once
 */
export function ordered(keys: readonly StoredKey[], keyIds: readonly string[]): StoredKey[] {
  const byId = new Map(keys.map((key) => [keyIdOf(key.provider, key.kid), key]));
  const named = keyIds.flatMap((id) => byId.get(id) ?? []);
  if (keyIds.length !== keys.length || new Set(named).size !== keys.length) {
    throw new AppError('conflict', 'The list must name each of your keys of this provider exactly once.', {
      current: [...byId.keys()],
    });
  }
  return named.flatMap((key, order) =>
    key.order === order ? [] : [{ ...key, order, revision: key.revision + 1 }],
  );
}
