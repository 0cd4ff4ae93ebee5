import { keyOrigins } from '#shared/auth/issuer.ts';
import { createTokenVerifier } from '#shared/auth/token.ts';
import { AppError } from '#shared/core/errors.ts';
import { once } from '#shared/core/once.ts';

import { issuers } from './issuers.ts';

const JWKS_DEADLINE_MS = 2000;

/** The network stack is loaded by the first fetch, not by the start. */
const keyEgress = once(async () => {
  const { egressTo } = await import('./egress.ts');
  return egressTo(keyOrigins(issuers()));
});

async function fetchJwks(url: string): Promise<unknown> {
  const egress = await keyEgress();
  const { status, body } = await egress.send({
    url,
    method: 'GET',
    headers: { accept: 'application/json' },
    deadlineMs: JWKS_DEADLINE_MS,
  });
  if (status !== 200) throw new AppError('unavailable', 'The issuer does not serve its keys.');
  return JSON.parse(new TextDecoder().decode(body));
}

/** Needs `issuers:know`. */
export const tokens = once(() => createTokenVerifier({ issuers: issuers(), fetchJwks, now: Date.now }));
