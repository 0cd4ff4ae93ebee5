import type { APIGatewayProxyEvent } from 'aws-lambda';

import { CACHE_MODES, type CacheMode } from '#shared/cache/policy.ts';
import { AppError } from '#shared/core/errors.ts';

import { headerValues } from './headers.ts';

/** Request: `on`, `off` or `refresh`. Response: `hit` or `stale`, with `age` beside it. */
export const CACHE_HEADER = 'x-portunus-cache';

/** @throws {AppError} `invalid_input` */
export function cacheModeIn(event: APIGatewayProxyEvent): CacheMode | undefined {
  const [given] = headerValues(event, CACHE_HEADER);
  const mode = CACHE_MODES.find((one) => one === given?.toLowerCase());
  if (given === undefined || mode) return mode;
  throw new AppError('invalid_input', undefined, {
    issues: [{ path: CACHE_HEADER, message: `must be ${CACHE_MODES.join(', ')}` }],
  });
}
