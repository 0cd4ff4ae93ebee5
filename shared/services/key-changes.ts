import { lazy } from '#shared/core/lazy.ts';
import { createKeyChanges } from '#shared/vault/change.ts';

import { keyStore } from './key-store.ts';

/** Needs `keys:read`, `keys:put`. What may be done to a key without its secret. */
export const keyChanges = lazy(() => createKeyChanges({ keys: keyStore(), now: Date.now }));
