import type { FetchJwks } from '#shared/auth/token-keys.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Egress } from '#shared/egress/egress.ts';

const DEADLINE_MS = 2000;

/** @param egress loaded with the first fetch: a start does not pay for the network stack */
export const createFetchJwks =
  (egress: () => Promise<Pick<Egress, 'send'>>): FetchJwks =>
  async (url) => {
    const { send } = await egress();
    const { status, body } = await send({
      url,
      method: 'GET',
      headers: { accept: 'application/json' },
      deadlineMs: DEADLINE_MS,
    });
    if (status !== 200) throw new AppError('unavailable', 'The issuer did not return its signing keys.');
    return JSON.parse(new TextDecoder().decode(body));
  };
