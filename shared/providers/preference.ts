// Where a call names no provider or no model: what its owner prefers.
import type { Uid } from '#shared/core/ids.ts';

import type { Policy } from './policy.ts';

/** What the owner would rather have where a call does not say. */
export type Preference = {
  readonly default_provider?: string | undefined;
  readonly default_models?: Readonly<Record<string, string>> | undefined;
  /** Of a chat that names neither provider nor model. */
  readonly default_policy?: Policy | undefined;
};

/** Port. Asked only when a call leaves something open. */
export type PreferenceOf = (owner: Uid) => Promise<Preference>;

const MAX_KEPT = 1000;

/** Keeps what was read for so long: a change of preferences is followed within this time. */
export function cachedPreference(
  read: PreferenceOf,
  { keepMs, now }: { keepMs: number; now: () => number },
): PreferenceOf {
  const kept = new Map<Uid, { preference: Preference; until: number }>();
  return async (owner) => {
    const held = kept.get(owner);
    if (held && held.until > now()) return held.preference;
    const preference = await read(owner);
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(owner, { preference, until: now() + keepMs });
    return preference;
  };
}
