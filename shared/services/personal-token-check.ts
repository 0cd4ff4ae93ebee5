import { createResolvePersonalToken } from '#shared/auth/personal-tokens.ts';
import { lazy } from '#shared/core/lazy.ts';

import { issuers } from './issuers.ts';
import { personalTokenStore } from './personal-token-store.ts';
import { stageKey } from './stage-secret.ts';

/** Needs `personal-tokens:resolve`, `issuers:read`. @throws {AppError} `unauthenticated` with its reason class */
export const resolvePersonalToken = lazy(() =>
  createResolvePersonalToken({
    store: personalTokenStore(),
    key: () => stageKey('personal-tokens'),
    isTrusted: (name) => issuers().some(({ issuer }) => issuer === name),
    now: Date.now,
  }),
);
