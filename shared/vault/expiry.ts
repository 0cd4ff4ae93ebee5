// Expiry of keys: notices before and after the end, and removal of replaced values.
import type { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';

import type { StoredKey } from './stored-key.ts';

/** Fields of a key that a warning may show: no ciphertext, no wrapped key. */
export type ExpiringKey = Pick<StoredKey, 'version' | 'last4' | 'status' | 'kind'> & {
  readonly ownerId: OwnerId;
  readonly provider: ProviderId;
  readonly kid: Kid;
  /** Absent: only the value before its last rotation ends. */
  readonly expiresAt?: string | undefined;
};

/** Key with an expiry time of its own. */
export type EndingKey = ExpiringKey & { readonly expiresAt: string };
const isEnding = (key: ExpiringKey): key is EndingKey => key.expiresAt !== undefined;

/**
 * Port. Keys by the day on which they or their previous values end, read from an index that may lag behind the vault.
 */
export type ExpiryIndex = {
  /**
   * @param day as in `2026-08-01`, in UTC
   * @returns `undefined` for a malformed row, which must not hide the rows after it
   */
  readonly expiringOn: (day: string) => AsyncIterable<ExpiringKey | undefined>;
};

/** Closest threshold of a key's end. */
export type Expiry = 'expired' | '1d' | '7d' | '30d';

const DAY_MS = 24 * 3600 * 1000;
const THRESHOLDS = [
  ['expired', 0],
  ['1d', 1],
  ['7d', 7],
  ['30d', 30],
] as const;

/** Days to look back, so that a sweep covers earlier ones that failed or did not run. */
const DAYS_BACK = 7;
const DAYS_AHEAD = 30;

/** Smallest threshold that applies; `undefined` while the end is more than 30 days away. */
export const expiryOf = (expiresAt: string, nowMs: number): Expiry | undefined =>
  THRESHOLDS.find(([, days]) => Date.parse(expiresAt) - nowMs <= days * DAY_MS)?.[0];

/** Past days first: expired keys have priority. */
export const daysToSweep = (nowMs: number): string[] =>
  Array.from({ length: DAYS_BACK + 1 + DAYS_AHEAD }, (_, index) =>
    new Date(nowMs + (index - DAYS_BACK) * DAY_MS).toISOString().slice(0, 10),
  );

/**
 * Invalid keys have a notice already; token sets are renewed automatically, and a failed renewal has a notice of its
 * own.
 */
const concernsOwner = ({ status, kind }: ExpiringKey): boolean => status !== 'invalid' && kind !== 'oauth';

/** Page at which a provider's users create a key. */
export type Renewal = { readonly title: string; readonly keyPage: string };

/** Notice to raise: once per key, version, end and threshold. It shows only the last four characters. */
export function expiryNotice(key: EndingKey, expiry: Expiry, renewal: Renewal | undefined) {
  const keyId = `${key.provider}_${key.kid}`;
  const name = `Your ${renewal?.title ?? key.provider} key …${key.last4}`;
  const day = key.expiresAt.slice(0, 10);
  const at = `${day}, ${key.expiresAt.slice(11, 16)} UTC`;
  const from = renewal ? ` at ${renewal.keyPage}` : ' at its provider';
  const about = {
    ownerId: key.ownerId,
    subject: keyId,
    next_step: `Create a new key${from}, then send it to POST /api-keys/${keyId}/rotate.`,
    ...(renewal && URL.canParse(renewal.keyPage) && { url: renewal.keyPage }),
  };
  if (expiry === 'expired') {
    return {
      ...about,
      kind: 'key_expired',
      severity: 'critical',
      text: `${name} expired on ${at}. It can no longer be used; other keys are not affected.`,
      dedupeKey: `v${key.version}~${day}`,
    } as const;
  }
  return {
    ...about,
    kind: 'key_expiring',
    severity: expiry === '30d' ? 'info' : 'warning',
    text: `${name} expires on ${at}, in less than ${DURATION_TEXT[expiry]}.`,
    dedupeKey: `v${key.version}~${day}~${expiry}`,
  } as const;
}

const DURATION_TEXT = { '1d': 'a day', '7d': '7 days', '30d': '30 days' } as const;

export type SweepResult = {
  /** Previous values that ended and were removed from their rows. */
  readonly retired: number;
  readonly told: number;
  /** Notice existed already. */
  readonly known: number;
  /** No threshold reached yet. */
  readonly passed: number;
  readonly failed: number;
};

type Fate = keyof SweepResult;

/**
 * Notifies each owner once, and removes previous values that have ended. Running it again, also after an interruption,
 * completes the rest, so it stores no progress. A failure for one key does not affect the others.
 */
export function createExpirySweep(ports: {
  index: ExpiryIndex;
  /** Commits the notice and its records. `known`: the notice existed already. */
  tell: (key: EndingKey, expiry: Expiry) => Promise<'told' | 'known'>;
  /** Removes the previous value if it has ended. */
  retire: (key: ExpiringKey) => Promise<'retired' | 'passed'>;
  onFailure: (error: unknown) => void;
}) {
  const { index, tell, retire, onFailure } = ports;

  const tried = async (work: () => Promise<Fate>): Promise<Fate> => {
    try {
      return await work();
    } catch (error) {
      onFailure(error);
      return 'failed';
    }
  };

  async function handle(key: ExpiringKey | undefined, day: string, nowMs: number): Promise<Fate[]> {
    if (!key) return ['failed'];
    const fates: Fate[] = [];
    // Indexed under a day other than its own end: the previous value ends then.
    if (!key.expiresAt?.startsWith(day)) fates.push(await tried(() => retire(key)));
    const expiry = isEnding(key) && concernsOwner(key) ? expiryOf(key.expiresAt, nowMs) : undefined;
    if (isEnding(key) && expiry) fates.push(await tried(() => tell(key, expiry)));
    return fates.length > 0 ? fates : ['passed'];
  }

  return async (nowMs: number): Promise<SweepResult> => {
    const counts = { retired: 0, told: 0, known: 0, passed: 0, failed: 0 };
    for (const day of daysToSweep(nowMs)) {
      for await (const keys of batches(index.expiringOn(day))) {
        const fates = await Promise.all(keys.map((key) => handle(key, day, nowMs)));
        for (const fate of fates.flat()) counts[fate] += 1;
      }
    }
    return counts;
  };
}

/** Maximum number of concurrent commits of a sweep. */
const AT_ONCE = 10;

async function* batches<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
