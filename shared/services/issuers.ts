import { Issuers } from '#shared/auth/issuer.ts';
import { env } from '#shared/core/env.ts';
import { once } from '#shared/core/once.ts';

/** Needs `issuers:read`. Whose tokens this stage accepts. */
export const issuers = once(() => Issuers.parse(JSON.parse(env('ISSUERS'))));
