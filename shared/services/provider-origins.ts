import * as z from 'zod';

import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';

const Origins = z.record(z.string(), z.url());

/** Needs `providers:call`. Provider → origin, from the stage's configuration alone. */
export const providerOrigins = lazy(() => Origins.parse(JSON.parse(env('PROVIDER_ORIGINS'))));
