import { createExporter, type ExportPorts } from '#shared/audit/exporting.ts';
import type { LogStatusStore } from '#shared/audit/log-status.ts';
import type { ChangedRecord } from '#shared/audit/tampering.ts';

type Ports = ExportPorts & {
  readonly reportTampering: (changed: ChangedRecord) => Promise<void>;
  readonly status: Pick<LogStatusStore, 'noteVerified'>;
};

/** Reserved for the end of a run. */
const MAX_RUN_MS = 540_000;

/** Exports all complete hours, and reports rows of the table that differ from the archive. */
export function createExportAudit({ reportTampering, status, ...ports }: Ports) {
  const exportHours = createExporter(ports);
  return async () => {
    const startMs = ports.now();
    const reports = await exportHours(() => ports.now() - startMs < MAX_RUN_MS);
    const counts = { hours: reports.length, exported: 0, expiring: 0, held: 0, damages: 0 };
    for (const { exported, expiring, held, damages } of reports) {
      counts.exported += exported;
      counts.expiring += expiring;
      counts.held += held;
      counts.damages += damages.length;
      for (const { change, ownerId, ts, eventId } of damages) {
        await reportTampering({ change, pk: `U#${ownerId}`, sk: `${ts}#${eventId}` });
      }
    }
    const last = reports.at(-1);
    if (last) await status.noteVerified({ size: last.end, hour: last.hour, atMs: ports.now() });
    return { counts, failed: 0 };
  };
}
