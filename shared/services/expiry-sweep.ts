import { dynamo } from '#shared/aws/dynamo.ts';
import { dropPrevious, expiryIndex } from '#shared/aws/expiry-index.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { env } from '#shared/core/env.ts';
import { AppError } from '#shared/core/errors.ts';
import { keyIdOf } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';
import { CATALOG } from '#shared/providers/catalog.ts';
import { createExpirySweep, type ExpiringKey, expiryNotice, type SweepResult } from '#shared/vault/expiry.ts';

import { audit } from './audit.ts';
import { notices } from './notices.ts';

type Run = {
  readonly nowMs: number;
  /** Request id of the event that started the run: every record of the run contains it. */
  readonly reqId: string;
  readonly onFailure: (error: unknown) => void;
};

/** Needs `expiry:sweep`, `notices:raise` and `audit:write`. */
export function sweepExpiry({ nowMs, reqId, onFailure }: Run): Promise<SweepResult> {
  const commit = transaction(dynamo());

  const expired = ({ uid, provider, kid, ver }: ExpiringKey): Write =>
    audit().record({
      uid,
      category: 'system',
      act: 'key.expired',
      result: 'succeeded',
      reqId,
      target: keyIdOf(provider, kid),
      meta: { provider, version: ver },
    });

  const dropped = ({ uid, provider, kid }: ExpiringKey): Write =>
    audit().record({
      uid,
      category: 'system',
      act: 'key.previous_dropped',
      result: 'succeeded',
      reqId,
      target: keyIdOf(provider, kid),
      meta: { provider },
    });

  const sweep = createExpirySweep({
    index: expiryIndex(dynamo(), env('VAULT_TABLE')),
    onFailure,
    async tell(key, expiry) {
      const renewal = CATALOG.find(({ id }) => id === key.provider);
      const raised = notices().raiseOnce(expiryNotice(key, expiry, renewal), reqId);
      try {
        await commit([...raised, ...(expiry === 'expired' ? [expired(key)] : [])]);
        return 'told';
      } catch (error) {
        if (error instanceof AppError && error.code === 'conflict') return 'known';
        throw error;
      }
    },
    async retire(key) {
      try {
        await commit([dropPrevious(env('VAULT_TABLE'), key, nowMs), dropped(key)]);
        return 'retired';
      } catch (error) {
        if (error instanceof AppError && error.code === 'not_found') return 'passed';
        throw error;
      }
    },
  });
  return sweep(nowMs);
}
