import {
  createErasure,
  type Erased,
  type ErasurePorts,
  statementOf,
  type Step,
} from '#shared/account/erasure.ts';
import type { Audit, AuditDraft } from '#shared/audit/audit.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { keyIdOf } from '#shared/core/ids.ts';
import { CATALOG } from '#shared/providers/catalog.ts';

type Ports = Omit<ErasurePorts, 'record'> & { readonly audit: Pick<Audit, 'record'> };

function recordFields(step: Step): Pick<AuditDraft, 'act' | 'result' | 'target' | 'meta'> {
  if (step.kind === 'asked') return { act: 'account.erased', result: 'attempted' };
  if (step.kind === 'key') {
    return { act: 'key.deleted', result: 'succeeded', target: keyIdOf(step.provider, step.kid) };
  }
  return { act: 'account.erased', result: 'succeeded', target: 'rows', meta: { count: step.count } };
}

/** Erases all data of the caller, as far as time allows. */
export function createEraseAccount({ audit, ...ports }: Ports) {
  const erase = createErasure({
    ...ports,
    record: (step, { ownerId, requestId }) =>
      audit.record({ ownerId, requestId, category: 'user_action', ...recordFields(step) }),
  });
  return ({ ownerId }: Principal, call: { requestId: string; hasTime: () => boolean }): Promise<Erased> =>
    erase({ ownerId, ...call });
}

export const erasureStatement = (erased: Erased) => statementOf(erased, CATALOG);
