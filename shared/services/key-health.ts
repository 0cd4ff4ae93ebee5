// Changes to a key that its provider rejects, beside the call that received the rejection.
import { isLostWrite } from '#shared/aws/transaction.ts';
import { keyIdOf } from '#shared/core/ids.ts';
import { lazy } from '#shared/core/lazy.ts';
import { singleFlight } from '#shared/core/single-flight.ts';
import { factsOf, isUpstreamProvider, keyUrlOf } from '#shared/providers/catalog.ts';
import type { KeyHealth, KeyName, OnCall, Renewed } from '#shared/providers/failover.ts';
import { createInvalidation, type Mark } from '#shared/vault/invalidate.ts';

import { audit } from './audit.ts';
import { renewKey } from './key-renewal.ts';
import { keyStore } from './key-store.ts';
import { notices } from './notices.ts';

const TOLD: Readonly<Record<Mark, (title: string, last4: string) => string>> = {
  invalid: (title, last4) =>
    `${title} rejects your key …${last4}. It is no longer used; your backup keys, if any, are used instead.`,
  doubtful: (title, last4) =>
    `${title} rejects the value …${last4} that your key was rotated to. The previous value remains usable for a few minutes.`,
};

async function mark(key: KeyName, as: Mark, { requestId }: OnCall): Promise<void> {
  const { uid, provider, kid, ver } = key;
  const facts = factsOf(provider);
  const { title, keyPage } = facts;
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
          dedupeKey: as === 'invalid' ? `${ver}` : `${ver}-${as}`,
          text: TOLD[as](title, last4),
          next_step: isUpstreamProvider(provider)
            ? `Sign in at ${title} again and store the new tokens with POST /api-keys/oauth.`
            : `Create a new key at ${keyPage} and rotate to it with POST /api-keys/${keyId}/rotate.`,
          ...keyUrlOf(facts),
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
    if (!isLostWrite(error)) throw error; // else it is said already, or no longer true
  }
}

const nameOf = ({ uid, kid, ver }: KeyName) => `${uid} ${kid} ${ver}`;

/** Needs what key-renewal.ts needs. */
export const keyHealth = lazy((): KeyHealth => {
  const marks = singleFlight<void>();
  const renewals = singleFlight<Renewed>();
  const marking = (as: Mark) => (key: KeyName, call: OnCall) =>
    marks(`${as} ${nameOf(key)}`, () => mark(key, as, call));
  return {
    markInvalid: marking('invalid'),
    markSuspect: marking('doubtful'),
    renew: (key, call) => renewals(nameOf(key), () => renewKey(key, call)),
  };
});
