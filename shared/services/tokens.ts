import type { SavedJwks } from '#shared/auth/token-keys.ts';
import { createTokenVerifier } from '#shared/auth/token.ts';
import { lazy } from '#shared/core/lazy.ts';

import { fetchJwks } from './issuer-documents.ts';
import { issuers } from './issuers.ts';

/** Store and secret are asked only where an issuer cannot be, so their code stands behind an import of its own. */
async function savedJwks(uri: string): Promise<SavedJwks | undefined> {
  const { savedKeys } = await import('./issuer-keys.ts');
  return savedKeys(uri);
}

/** Needs `issuers:read`, `issuer-keys:read`, `audit:write`. */
export const tokens = lazy(() =>
  createTokenVerifier({ issuers: issuers(), fetchJwks, savedJwks, now: Date.now }),
);
