import { NO_PREFERENCES } from '#shared/account/preferences.ts';
import { lazy } from '#shared/core/lazy.ts';
import { cachedPreference } from '#shared/providers/preference.ts';

import { preferenceStore } from './preference-store.ts';

const KEEP_MS = 10_000;

/** Needs `preferences:read`. What an owner prefers where a call says nothing; followed within 10 s by every instance. */
export const preferenceOf = lazy(() =>
  cachedPreference(async (owner) => (await preferenceStore().find(owner)) ?? NO_PREFERENCES, {
    keepMs: KEEP_MS,
    now: Date.now,
  }),
);
