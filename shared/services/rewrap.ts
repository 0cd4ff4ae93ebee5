import * as z from 'zod';

import type { Audit } from '#shared/audit/audit.ts';
import { AppError } from '#shared/core/errors.ts';
import { keyIdOf } from '#shared/core/ids.ts';
import { createRewrap, type RewrapCall, type RewrapPorts, type RewrapReport } from '#shared/vault/rewrap.ts';

export const RewrapOrder = z.strictObject({
  to: z.string().min(1).max(200),
  dry_run: z.boolean().default(false),
});

type Ports = Omit<RewrapPorts, 'record'> & { readonly audit: Pick<Audit, 'record'> };

/**
 * Re-wraps to the CMK that new keys are sealed under and to no other: otherwise CMKs would mix again.
 * @throws {AppError} `invalid_input`, `kms_*`
 */
export function createRewrapVault({ audit, ...ports }: Ports) {
  const rewrap = createRewrap({
    ...ports,
    record: ({ ownerId, provider, kid, version }, requestId, code) =>
      audit.record({
        ownerId,
        category: 'system',
        act: 'key.rewrapped',
        result: code ? 'failed' : 'succeeded',
        code,
        requestId,
        target: keyIdOf(provider, kid),
        meta: { provider, version },
      }),
  });
  return async (to: string, call: RewrapCall): Promise<RewrapReport> => {
    if (to !== ports.to) throw new AppError('invalid_input', `This stage seals new keys under ${ports.to}.`);
    return rewrap(call);
  };
}
