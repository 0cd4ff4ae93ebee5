import * as z from 'zod/mini';

import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createEgress } from '#shared/egress/egress.ts';

const TrustedOrigins = z.array(z.url());

/** Needs `providers:call` or `issuers:read`. @param configured origins that the stage's own configuration names */
export const egressTo = (configured: readonly string[], own?: URL) =>
  createEgress({
    ...(own && { ownOrigin: own.origin, ownHosts: [own.hostname] }),
    trustedOrigins: [...TrustedOrigins.parse(JSON.parse(env('TRUSTED_ORIGINS'))), ...configured],
  });

/** Needs `providers:call`. A key's own base URL may be anybody's but ours: we would call ourselves without end. */
export const egress = lazy(() => egressTo([], new URL(env('PUBLIC_URL'))));
