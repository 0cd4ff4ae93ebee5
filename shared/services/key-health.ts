// Changes to a key that its provider rejects, beside the call that received the rejection.
import type { Audit } from '#shared/audit/audit.ts';
import { keyIdOf } from '#shared/core/ids.ts';
import { singleFlight } from '#shared/core/single-flight.ts';
import { factsOf, isUpstreamProvider, keyUrlOf } from '#shared/providers/catalog.ts';
import type { KeyHealth, KeyName, OnCall, Renewed } from '#shared/providers/failover.ts';
import type { Notices } from '#shared/notices/notice.ts';
import { createInvalidation, type Mark } from '#shared/vault/invalidate.ts';
import type { KeyStore } from '#shared/vault/stored-key.ts';

type Ports = {
  readonly keys: KeyStore;
  readonly audit: Pick<Audit, 'commit'>;
  readonly notices: Pick<Notices, 'raise'>;
  readonly renew: KeyHealth['renew'];
  /** True if a write failed because the row changed after it was read. */
  readonly isLost: (error: unknown) => boolean;
  readonly now: () => number;
};

const TEXT: Readonly<Record<Mark, (title: string, last4: string) => string>> = {
  invalid: (title, last4) =>
    `${title} rejects your key …${last4}. It is no longer used; your backup keys, if any, are used instead.`,
  doubtful: (title, last4) =>
    `${title} rejects the value …${last4} that your key was rotated to. The previous value remains usable for a few minutes.`,
};

function invalidNotice({ ownerId, provider, kid, version }: KeyName, as: Mark, last4: string) {
  const facts = factsOf(provider);
  const keyId = keyIdOf(provider, kid);
  return {
    ownerId,
    kind: 'key_invalid',
    severity: 'critical',
    subject: keyId,
    dedupeKey: as === 'invalid' ? `${version}` : `${version}-${as}`,
    text: TEXT[as](facts.title, last4),
    next_step: isUpstreamProvider(provider)
      ? `Sign in at ${facts.title} again and store the new tokens with POST /api-keys/oauth.`
      : `Create a new key at ${facts.keyPage} and rotate to it with POST /api-keys/${keyId}/rotate.`,
    ...keyUrlOf(facts),
  } as const;
}

const keyVersionName = ({ ownerId, kid, version }: KeyName) => `${ownerId} ${kid} ${version}`;

export function createKeyHealth({ keys, audit, notices, renew, isLost, now }: Ports): KeyHealth {
  const marks = singleFlight<void>();
  const renewals = singleFlight<Renewed>();

  async function mark(key: KeyName, as: Mark, { requestId }: OnCall): Promise<void> {
    const { ownerId, provider, kid, version } = key;
    const draft = {
      ownerId,
      requestId,
      target: keyIdOf(provider, kid),
      meta: { provider, version, outcome: as, reason: 'key_rejected' },
      category: 'system',
      act: 'key.invalidated',
      result: 'succeeded',
    } as const;
    const invalidate = createInvalidation({
      keys,
      now,
      commit: ({ last4 }, change) =>
        audit.commit(draft, [change, ...notices.raise(invalidNotice(key, as, last4), requestId)]),
    });
    try {
      await invalidate(key, as);
    } catch (error) {
      if (!isLost(error)) throw error; // already marked by another call, or no longer true
    }
  }

  const marking = (as: Mark) => (key: KeyName, call: OnCall) =>
    marks(`${as} ${keyVersionName(key)}`, () => mark(key, as, call));
  return {
    markInvalid: marking('invalid'),
    markSuspect: marking('doubtful'),
    renew: (key, call) => renewals(keyVersionName(key), () => renew(key, call)),
  };
}
