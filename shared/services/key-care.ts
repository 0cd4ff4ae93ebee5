// What becomes of a key that its provider rejects, beside the call that met the rejection.
import { isContention } from '#shared/aws/transaction.ts';
import { AppError } from '#shared/core/errors.ts';
import { keyIdOf } from '#shared/core/ids.ts';
import { once } from '#shared/core/once.ts';
import { singleFlight } from '#shared/core/single-flight.ts';
import { factsOf } from '#shared/providers/catalog.ts';
import type { KeyCare, KeyName, OnCall } from '#shared/providers/key-care.ts';
import { createInvalidation, type Mark } from '#shared/vault/invalidate.ts';

import { audit } from './audit.ts';
import { keyStore } from './key-store.ts';
import { notices } from './notices.ts';

/** The row moved on before us: what we had to say of it is said already, or no longer true. */
const isLost = (error: unknown) =>
  isContention(error) ||
  (error instanceof AppError && (error.code === 'conflict' || error.code === 'not_found'));

const TOLD: Readonly<Record<Mark, (title: string, last4: string) => string>> = {
  invalid: (title, last4) =>
    `${title} rejects your key …${last4}. It is not used any more; your backup keys are, if there are any.`,
  doubtful: (title, last4) =>
    `${title} rejects the value …${last4} that your key was rotated to. The one before serves for a few minutes more.`,
};

async function mark(key: KeyName, as: Mark, { requestId }: OnCall): Promise<void> {
  const { uid, provider, kid, ver } = key;
  const { title, keyPage } = factsOf(provider);
  const keyId = keyIdOf(provider, kid);
  const invalidate = createInvalidation({
    keys: keyStore(),
    now: Date.now,
    commit({ last4 }, change) {
      const told = notices().raise(
        {
          uid,
          kind: 'key_invalid',
          severity: 'critical',
          subject: keyId,
          once: as === 'invalid' ? `${ver}` : `${ver}-${as}`,
          text: TOLD[as](title, last4),
          next_step: `Make a new key at ${keyPage} and put it in place with POST /api-keys/${keyId}/rotate.`,
          url: keyPage,
        },
        requestId,
      );
      const meta = { provider, version: ver, outcome: as, reason: 'key_rejected' };
      return audit().commit(
        {
          uid,
          reqId: requestId,
          target: keyId,
          meta,
          category: 'system',
          act: 'key.invalidated',
          result: 'succeeded',
        },
        [change, ...told],
      );
    },
  });
  try {
    await invalidate(key, as);
  } catch (error) {
    if (!isLost(error)) throw error;
  }
}

/** Needs `vault:use`, `keys:put`, `notices:raise`, `audit:write`. */
export const keyCare = once((): KeyCare => {
  const flights = singleFlight<void>();
  const marking = (as: Mark) => (key: KeyName, call: OnCall) =>
    flights(`${as} ${key.uid} ${key.kid} ${key.ver}`, () => mark(key, as, call));
  return { invalidate: marking('invalid'), doubt: marking('doubtful'), renew: async () => 'refused' };
});
