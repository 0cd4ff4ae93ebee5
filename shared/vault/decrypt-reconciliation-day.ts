// Decrypt reconciliation of one day: for each owner, the KMS Decrypt events are compared with the receipts of the audit
// trail.
import type { ProviderId, OwnerId } from '#shared/core/ids.ts';

import { type Account, reconcileDecrypts, type Opening, type Span } from './decrypt-reconciliation.ts';

/** `id` is the event id in the KMS log, by which an operator can find the principal. */
export type LoggedOpening = Opening & { readonly id: string; readonly provider: ProviderId };

/** Port. Successful Decrypt events of the KMS log, each once. */
export type KeyLog = {
  /** @returns no `opening` if the event names no key of the vault and so cannot be attributed to an owner */
  readonly between: (
    span: Span,
  ) => AsyncIterable<{ readonly atMs: number; readonly opening?: LoggedOpening | undefined }>;
};

export type ReconciliationCounts = {
  readonly openings: number;
  readonly matched: number;
  readonly possible: number;
  readonly unmatched: number;
  readonly unproven: number;
  /** Decrypt events under the vault's CMKs for ciphertexts that are not vault keys. */
  readonly unnamed: number;
  /** Owners notified for the first time. */
  readonly told: number;
  /** Owners whose reconciliation or notification failed. */
  readonly failed: number;
};
type Counts = { -readonly [name in keyof ReconciliationCounts]: number };

const DAY_MS = 24 * 3600 * 1000;
/** Margin around the day: events just outside it may match records inside it. */
const MARGIN_MS = 10 * 60_000;
/** Larger margin for records that match an event at the end of the first margin. */
const ACCOUNTS_MARGIN_MS = 20 * 60_000;
/** Owners whose trails are read concurrently. */
const AT_ONCE = 10;

/** UTC day before the one in which the job runs. */
function dayBefore(nowMs: number): Span & { readonly day: string } {
  const toMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const fromMs = toMs - DAY_MS;
  return { day: new Date(fromMs).toISOString().slice(0, 10), fromMs, toMs };
}

const widened = ({ fromMs, toMs }: Span, byMs: number): Span => ({
  fromMs: fromMs - byMs,
  toMs: toMs + byMs,
});

/** Notice to raise: once per Decrypt event. */
export function incidentNotice({ id, ownerId, provider, kid, version, atMs }: LoggedOpening) {
  const keyId = `${provider}_${kid}`;
  const at = new Date(atMs).toISOString();
  return {
    ownerId,
    kind: 'incident',
    severity: 'critical',
    subject: keyId,
    dedupeKey: id,
    text: `Your key ${keyId}, version ${version}, was opened on ${at.slice(0, 10)} at ${at.slice(11, 19)} UTC, and no call of yours accounts for it.`,
    next_step: `Revoke it at its provider, then send a new one to POST /api-keys/${keyId}/rotate. Those who run this service were told, too.`,
  } as const;
}

/**
 * Reconciles one day. Running it again notifies nobody twice, so it stores no progress. A failure for one owner does
 * not affect the others.
 */
export function createDecryptReconciliation(ports: {
  log: KeyLog;
  /** Key uses of an owner, by the time of their records. */
  accounts: (ownerId: OwnerId, span: Span) => Promise<readonly Account[]>;
  /** Commits the notice of an incident. */
  tell: (opening: LoggedOpening) => Promise<'told' | 'known'>;
  /** Commits the record of the reconciliation. */
  record: (day: string, counts: ReconciliationCounts) => Promise<void>;
  onFailure: (error: unknown) => void;
}) {
  const { log, accounts, tell, record, onFailure } = ports;

  async function auditOwner(openings: readonly LoggedOpening[], audited: Span, counts: Counts) {
    const ownerId = openings[0]?.ownerId;
    if (!ownerId) return;
    try {
      const uses = await accounts(ownerId, widened(audited, ACCOUNTS_MARGIN_MS));
      const report = reconcileDecrypts(openings, uses, audited);
      counts.openings += report.openings;
      counts.matched += report.matched;
      counts.possible += report.possible;
      counts.unmatched += report.unmatched.length;
      counts.unproven += report.unproven;
      for (const opening of report.unmatched) if ((await tell(opening)) === 'told') counts.told += 1;
    } catch (error) {
      onFailure(error);
      counts.failed += 1;
    }
  }

  return async (nowMs: number): Promise<ReconciliationCounts> => {
    const audited = dayBefore(nowMs);
    const counts: Counts = {
      openings: 0,
      matched: 0,
      possible: 0,
      unmatched: 0,
      unproven: 0,
      unnamed: 0,
      told: 0,
      failed: 0,
    };
    const owners = new Map<OwnerId, LoggedOpening[]>();
    for await (const { atMs, opening } of log.between(widened(audited, MARGIN_MS))) {
      if (opening) owners.set(opening.ownerId, [...(owners.get(opening.ownerId) ?? []), opening]);
      else if (atMs >= audited.fromMs && atMs < audited.toMs) counts.unnamed += 1;
    }
    const lists = [...owners.values()];
    for (let first = 0; first < lists.length; first += AT_ONCE) {
      const batch = lists.slice(first, first + AT_ONCE);
      await Promise.all(batch.map((openings) => auditOwner(openings, audited, counts)));
    }
    await record(audited.day, counts);
    return counts;
  };
}
