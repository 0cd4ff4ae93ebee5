import { keyOrigins } from '#shared/auth/issuer.ts';
import { AppError } from '#shared/core/errors.ts';
import { lazy } from '#shared/core/lazy.ts';

import { issuers } from './issuers.ts';

const DEADLINE_MS = 2000;

/** The network stack is loaded by the first fetch, not by the start. */
const issuerEgress = lazy(async () => {
  const { egressTo } = await import('./egress.ts');
  return egressTo(keyOrigins(issuers()));
});

/** Needs `issuers:read`. A document at an address of the stage's own configuration. */
export async function fetchJwks(url: string): Promise<unknown> {
  const egress = await issuerEgress();
  const { status, body } = await egress.send({
    url,
    method: 'GET',
    headers: { accept: 'application/json' },
    deadlineMs: DEADLINE_MS,
  });
  if (status !== 200) throw new AppError('unavailable', 'The issuer did not return its signing keys.');
  return JSON.parse(new TextDecoder().decode(body));
}
