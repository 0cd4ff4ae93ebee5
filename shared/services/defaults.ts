import { NO_PREFERENCES } from '#shared/account/preferences.ts';
import { once } from '#shared/core/once.ts';
import { cachedDefaults } from '#shared/providers/defaults.ts';

import { preferenceStore } from './preference-store.ts';

const KEEP_MS = 10_000;

/** Needs `preferences:read`. What an owner prefers where a call says nothing; followed within 10 s by every instance. */
export const defaultsOf = once(() =>
  cachedDefaults(
    async (owner) => {
      const found = (await preferenceStore().find(owner)) ?? NO_PREFERENCES;
      return { provider: found.default_provider, models: found.default_models };
    },
    { keepMs: KEEP_MS, now: Date.now },
  ),
);
