// Records of outages of upstreams, committed with the change of their circuit breaker: each is announced once.
import { ANONYMOUS, type Audit } from '#shared/audit/audit.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';
import type { Notices } from '#shared/notices/notice.ts';
import { PROVIDERS } from '#shared/resilience/availability.ts';
import type { Transition } from '#shared/resilience/outage-handler.ts';

type Ports = {
  readonly audit: Pick<Audit, 'record'>;
  readonly notices: Pick<Notices, 'raise'>;
  readonly now: () => number;
};

/** The end of a shorter outage is recorded, but no notice to an owner. */
const MIN_NOTICE_MS = 60_000;

function recoveryNotice({ target, call }: Transition, outage: { since: number; seconds: number }) {
  const { provider, title } = target;
  return {
    ownerId: call.owner as OwnerId,
    kind: 'upstream_recovered',
    severity: 'info',
    subject: provider,
    text: `${title} answers again, after ${Math.round(outage.seconds / 60)} min without an answer.`,
    dedupeKey: String(outage.since),
  } as const;
}

/** The records of an outage that concerns everyone have no owner. */
export const createOutageAnnouncements =
  ({ audit, notices, now }: Ports) =>
  (transition: Transition): readonly Write[] => {
    const { target, call, kind, breaker } = transition;
    const { outage } = breaker;
    if (!outage) return [];
    const isShared =
      outage.onlyFor === undefined && (target.group === PROVIDERS || target.group === 'shared');
    const seconds = Math.max(0, Math.round((now() - outage.since) / 1000));
    const record = audit.record({
      ownerId: isShared ? ANONYMOUS : call.owner,
      category: 'system',
      act: kind === 'opened' ? 'circuit.opened' : 'circuit.closed',
      target: target.provider,
      result: 'succeeded',
      requestId: call.requestId,
      meta: {
        provider: target.provider,
        reason: outage.reason,
        ...(kind === 'closed' && { age_seconds: seconds }),
      },
    });
    const isWorthNotice = kind === 'closed' && seconds * 1000 >= MIN_NOTICE_MS;
    const notice = recoveryNotice(transition, { since: outage.since, seconds });
    return isWorthNotice ? [record, ...notices.raise(notice, call.requestId)] : [record];
  };
