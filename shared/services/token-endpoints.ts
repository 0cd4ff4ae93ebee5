import { env } from '#shared/core/env.ts';
import { once } from '#shared/core/once.ts';
import { TokenEndpoints } from '#shared/providers/token-refresh.ts';

/** Needs `renewal-endpoints:read`. */
export const tokenEndpoints = once(() => TokenEndpoints.parse(JSON.parse(env('RENEWAL_ENDPOINTS'))));
