import type { Audit } from '#shared/audit/audit.ts';
import { AppError } from '#shared/core/errors.ts';
import { keyIdOf } from '#shared/core/ids.ts';
import type { Commit, Write } from '#shared/core/write.ts';
import type { Notices } from '#shared/notices/notice.ts';
import { CATALOG } from '#shared/providers/catalog.ts';
import {
  createExpirySweep,
  type EndingKey,
  type ExpiringKey,
  type Expiry,
  type ExpiryIndex,
  expiryNotice,
  type SweepResult,
} from '#shared/vault/expiry.ts';

import { unlessConflict } from './unless-conflict.ts';

type Ports = {
  readonly index: ExpiryIndex;
  /** Removes the previous value of a key. Rejected with `not_found` if it has not ended. */
  readonly dropPrevious: (key: ExpiringKey, nowMs: number) => Write;
  readonly notices: Pick<Notices, 'raiseOnce'>;
  readonly audit: Pick<Audit, 'record'>;
  readonly commit: Commit;
};

type Run = {
  readonly nowMs: number;
  /** Request id of the event that started the run: every record of the run contains it. */
  readonly requestId: string;
  readonly onFailure: (error: unknown) => void;
};

export function createSweepExpiry({ index, dropPrevious, notices, audit, commit }: Ports) {
  const record = (
    { ownerId, provider, kid, version }: ExpiringKey,
    act: 'key.expired' | 'key.previous_dropped',
    requestId: string,
  ): Write =>
    audit.record({
      ownerId,
      category: 'system',
      act,
      result: 'succeeded',
      requestId,
      target: keyIdOf(provider, kid),
      meta: { provider, ...(act === 'key.expired' && { version }) },
    });

  async function notify(key: EndingKey, expiry: Expiry, requestId: string): Promise<'told' | 'known'> {
    const renewal = CATALOG.find(({ id }) => id === key.provider);
    const raised = notices.raiseOnce(expiryNotice(key, expiry, renewal), requestId);
    const records = expiry === 'expired' ? [record(key, 'key.expired', requestId)] : [];
    return (await unlessConflict(commit([...raised, ...records]))) ? 'told' : 'known';
  }

  async function retire(key: ExpiringKey, { nowMs, requestId }: Run): Promise<'retired' | 'passed'> {
    try {
      await commit([dropPrevious(key, nowMs), record(key, 'key.previous_dropped', requestId)]);
      return 'retired';
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_found') return 'passed';
      throw error;
    }
  }

  return (run: Run): Promise<SweepResult> => {
    const sweep = createExpirySweep({
      index,
      onFailure: run.onFailure,
      tell: (key, expiry) => notify(key, expiry, run.requestId),
      retire: (key) => retire(key, run),
    });
    return sweep(run.nowMs);
  };
}
