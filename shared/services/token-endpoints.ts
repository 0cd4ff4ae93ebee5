import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { TokenEndpoints } from '#shared/providers/token-refresh.ts';

/** Needs `renewal-endpoints:read`. */
export const tokenEndpoints = lazy(() => TokenEndpoints.parse(JSON.parse(env('RENEWAL_ENDPOINTS'))));
