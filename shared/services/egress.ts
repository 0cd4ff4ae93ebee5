import * as z from 'zod/mini';

import { env } from '#shared/core/env.ts';
import { once } from '#shared/core/once.ts';
import { createEgress } from '#shared/egress/egress.ts';

const TrustedOrigins = z.array(z.url());

/** Needs `providers:call` or `issuers:know`. */
export const egress = once(() =>
  createEgress({ trustedOrigins: TrustedOrigins.parse(JSON.parse(env('TRUSTED_ORIGINS'))) }),
);
