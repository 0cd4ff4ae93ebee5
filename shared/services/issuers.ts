import { Issuers } from '#shared/auth/issuer.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';

/** Needs `issuers:read`. Whose tokens this stage accepts. */
export const issuers = lazy(() => Issuers.parse(JSON.parse(env('ISSUERS'))));
