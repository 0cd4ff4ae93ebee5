// Audit records of a renewal, and the notice of a failed one.
import type { Audit } from '#shared/audit/audit.ts';
import { keyIdOf } from '#shared/core/ids.ts';
import type { NoticeDraft, Notices } from '#shared/notices/notice.ts';
import { factsOf, keyUrlOf } from '#shared/providers/catalog.ts';
import type { KeyName, OnCall } from '#shared/providers/failover.ts';
import type { Renewal, RenewalTrail } from '#shared/vault/renewal.ts';

type Ports = {
  readonly renewal: Renewal;
  readonly audit: Pick<Audit, 'commit'>;
  readonly notices: Pick<Notices, 'raise'>;
  readonly now: () => number;
};

type Failure = { readonly last4: string; readonly outcome: 'refused' | 'failed'; readonly day: string };

/** Once a day, regardless of the number of attempts. */
function failureNotice({ ownerId, provider, kid }: KeyName, { last4, outcome, day }: Failure): NoticeDraft {
  const facts = factsOf(provider);
  const { title } = facts;
  return {
    ownerId,
    kind: 'renewal_failed',
    severity: 'warning',
    subject: keyIdOf(provider, kid),
    dedupeKey: day,
    text: `Your ${title} credential …${last4} could not be renewed. It remains usable until its access token expires.`,
    next_step:
      outcome === 'refused'
        ? `Sign in at ${title} again and store the new tokens with POST /api-keys/oauth.`
        : 'Renewal is retried automatically. If it keeps failing, store new tokens with POST /api-keys/oauth.',
    ...keyUrlOf(facts),
  };
}

export function createRenewKey({ renewal, audit, notices, now }: Ports) {
  function trailOf(key: KeyName, { requestId }: OnCall): RenewalTrail {
    const { ownerId, provider, kid, version } = key;
    const draft = {
      ownerId,
      category: 'system',
      requestId,
      target: keyIdOf(provider, kid),
      keys: [{ provider, kid, version }],
    } as const;
    return {
      attempt: () =>
        audit.commit({
          ...draft,
          act: 'key.renewed',
          result: 'attempted',
          meta: { provider, version },
        }),
      commit: (next, change) =>
        audit.commit(
          { ...draft, act: 'key.renewed', result: 'succeeded', meta: { provider, version: next.version } },
          [change],
        ),
      failed({ last4 }, outcome) {
        const day = new Date(now()).toISOString().slice(0, 10);
        return audit.commit(
          {
            ...draft,
            act: 'key.renewal_failed',
            result: 'failed',
            meta: { provider, version, outcome },
          },
          notices.raise(failureNotice(key, { last4, outcome, day }), requestId),
        );
      },
    };
  }

  return (key: KeyName, call: OnCall & { readonly wait: boolean }) =>
    renewal(key, { deadline: call.deadline, wait: call.wait, trail: trailOf(key, call) });
}
