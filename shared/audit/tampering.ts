// Detection of changes to audit records. The exporter may set the time to live of an exported row, once; every other change was made
// with other credentials or by misuse of a role.
import * as z from 'zod';

import { OwnerId } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';

import type { AuditDraft } from './audit.ts';

/** `detail` of a bus event: the key of the record, and the kind of change. Removals by TTL are no events. */
export const ChangedRecord = z.object({
  change: z.enum(['MODIFY', 'REMOVE']),
  pk: z.string().startsWith('U#'),
  sk: z.string().min(1),
  /** Time to live after the change and before it: empty if there is none. */
  ttl: z.string().optional(),
  oldTtl: z.string().optional(),
});
/** Whether the change gave the row its first time to live, as an export does. */
export const isFirstExpiry = ({ change, ttl, oldTtl }: ChangedRecord): boolean =>
  change === 'MODIFY' && (ttl ?? '') !== '' && (oldTtl ?? '') === '';

export type ChangedRecord = z.infer<typeof ChangedRecord>;

type IncidentDraft = {
  readonly ownerId: OwnerId;
  readonly kind: 'incident';
  readonly severity: 'critical';
  readonly subject: string;
  readonly dedupeKey: string;
  readonly text: string;
  readonly next_step: string;
};

/** The key may have been written by an attacker: only the characters and the length of an event id are kept. */
const eventIdIn = (sk: string) => (sk.split('#').at(-1) ?? '').replaceAll(/[^0-9A-Za-z-]/g, '-').slice(0, 26);

export function createTamperingReport(ports: {
  /** Notice and its own record; rejected with `conflict` if it was raised before. */
  readonly raiseOnce: (draft: IncidentDraft) => readonly Write[];
  /** Rejects with `conflict` if one of the changes does. */
  readonly commit: (draft: Omit<AuditDraft, 'requestId'>, changes: readonly Write[]) => Promise<void>;
}) {
  return async ({ change, pk, sk }: ChangedRecord): Promise<void> => {
    const owner = pk.slice('U#'.length);
    const eventId = eventIdIn(sk);
    const [what, reason] = change === 'MODIFY' ? ['changed', 'modified'] : ['removed', 'removed'];
    const ownerId = OwnerId.safeParse(owner);
    const notice = ownerId.success
      ? ports.raiseOnce({
          ownerId: ownerId.data,
          kind: 'incident',
          severity: 'critical',
          subject: eventId,
          dedupeKey: reason,
          text: `The record ${eventId} of your audit trail was ${what} after it was written. No function of this service has that permission.`,
          next_step:
            'The operators of this service were notified. Compare the trail with your exported copies.',
        })
      : []; // a record without an owner: the operators are notified
    const draft = {
      ownerId: ownerId.success ? owner : 'anonymous',
      category: 'system',
      act: 'audit.tampered',
      result: 'succeeded',
      target: eventId,
      meta: { reason, severity: 'critical' },
    } as const;
    await ports.commit(draft, notice);
  };
}
