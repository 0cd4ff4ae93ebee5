// Preferences of an owner, for calls that name no provider or no model.
import type { OwnerId } from '#shared/core/ids.ts';

import type { Policy } from './policy.ts';

/** Consent of an owner to other providers for calls that the chosen one fails, in their order. */
export type Failover = {
  readonly allowed: boolean;
  readonly providers: readonly string[];
  /** By provider: its model that stands for a model of another one. */
  readonly models?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
};

/** Defaults of an owner for what a call does not specify. */
export type Preference = {
  readonly default_provider?: string | undefined;
  readonly default_models?: Readonly<Record<string, string>> | undefined;
  /** Policy of a chat that names neither provider nor model. */
  readonly default_policy?: Policy | undefined;
  /** Absent: a call is served by the chosen provider alone. */
  readonly failover?: Failover | undefined;
};

/** Port. Called only when a call leaves something unspecified. */
export type PreferenceOf = (owner: OwnerId) => Promise<Preference>;

const MAX_KEPT = 1000;

/** Keeps what was read for so long: a change of preferences is followed within this time. */
export function cachedPreference(
  read: PreferenceOf,
  { keepMs, now }: { keepMs: number; now: () => number },
): PreferenceOf {
  const kept = new Map<OwnerId, { preference: Preference; until: number }>();
  return async (owner) => {
    const held = kept.get(owner);
    if (held && held.until > now()) return held.preference;
    const preference = await read(owner);
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(owner, { preference, until: now() + keepMs });
    return preference;
  };
}
