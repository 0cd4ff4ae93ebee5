import type { Audit } from '#shared/audit/audit.ts';
import { checkpointKey } from '#shared/audit/checkpoint.ts';
import type { LogStatusStore } from '#shared/audit/log-status.ts';
import { createSealer, type SealPorts, type SealReport } from '#shared/audit/sealing.ts';
import type { Leases } from '#shared/vault/renewal.ts';

type Ports = SealPorts & {
  readonly leases: Leases;
  readonly audit: Pick<Audit, 'commit'>;
  readonly newRequestId: () => string;
  readonly status: Pick<LogStatusStore, 'noteSealed'>;
};

const SEALER = 'audit-seal';
/** Longer than a run: two sealers at once would only make one of them fail. */
const LEASE_SECONDS = 60;
/** Reserved for the end of a run. */
const MAX_RUN_MS = 40_000;

/** Seals unless another run does, and records damage that was done to records before they were sealed. */
export function createSealAudit({ leases, audit, newRequestId, status, ...ports }: Ports) {
  const seal = createSealer(ports);

  async function report({ damages }: SealReport): Promise<void> {
    for (const { kind, eventId } of damages) {
      await audit.commit({
        ownerId: 'anonymous',
        category: 'system',
        act: 'audit.tampered',
        result: 'succeeded',
        requestId: newRequestId(),
        target: eventId,
        meta: { reason: kind, severity: 'critical' },
      });
    }
  }

  async function noteStatus({ size, checkpoint }: SealReport): Promise<void> {
    const { origin, signer, now } = ports;
    const { key } = checkpointKey(origin, await signer.publicKey());
    const publicKey = String(key.export({ format: 'pem', type: 'spki' }));
    await status.noteSealed({ origin, size, checkpoint, publicKey, atMs: now() });
  }

  return async (options: { reconcile?: boolean } = {}) => {
    const lease = await leases.take(SEALER, LEASE_SECONDS);
    if (!('release' in lease)) return { counts: { skipped: 1 }, failed: 0 };
    const startMs = ports.now();
    try {
      const done = await seal({ ...options, hasTime: () => ports.now() - startMs < MAX_RUN_MS });
      await report(done);
      await noteStatus(done);
      const { size, sealed, waiting, damages } = done;
      return { counts: { size, sealed, waiting, damages: damages.length }, failed: 0 };
    } finally {
      await lease.release();
    }
  };
}
