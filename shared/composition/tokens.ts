import type { SavedJwks } from '#shared/auth/token-keys.ts';
import { createTokenVerifier } from '#shared/auth/token.ts';
import { lazy } from '#shared/core/lazy.ts';

import { issuers } from './configuration.ts';
import { fetchJwks } from './issuers.ts';

/** Store and secret are needed only while an issuer is unreachable, so their code is imported on demand. */
async function savedJwks(uri: string): Promise<SavedJwks | undefined> {
  const { findSavedKeys } = await import('./issuer-keys.ts');
  return findSavedKeys()(uri);
}

/** Needs `issuers:read`, `issuer-keys:read`, `audit:write`. */
export const tokens = /* @__PURE__ */ lazy(() =>
  createTokenVerifier({ issuers: issuers(), fetchJwks, savedJwks, now: Date.now }),
);
