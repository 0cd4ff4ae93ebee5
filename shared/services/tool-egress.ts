import * as z from 'zod/mini';

import { env } from '#shared/core/env.ts';
import { once } from '#shared/core/once.ts';
import { createEgress } from '#shared/egress/egress.ts';

const Origins = z.array(z.url());

/**
 * Needs `tools:reach`. A guard of its own: the origins that the stage trusts for providers are not trusted here, and the
 * gateway must not be made to call itself.
 */
export const toolEgress = once(() =>
  createEgress({
    trustedOrigins: Origins.parse(JSON.parse(env('TOOL_ORIGINS'))),
    ownOrigin: new URL(env('PUBLIC_URL')).origin,
    ownHosts: [new URL(env('PUBLIC_URL')).hostname],
  }),
);
