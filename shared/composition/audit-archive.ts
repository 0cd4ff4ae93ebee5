// Sealing and export of the audit log.
import * as z from 'zod';

import { archivedRows, isExportedRow } from '#shared/aws/archived-rows.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { legalHolds } from '#shared/aws/hold-table.ts';
import { kmsSigner } from '#shared/aws/kms-signer.ts';
import { kms } from '#shared/aws/kms.ts';
import { leaseTable } from '#shared/aws/lease-table.ts';
import { logStatusTable } from '#shared/aws/log-status-table.ts';
import { onceFor } from '#shared/aws/once.ts';
import { recordsByTime } from '#shared/aws/records-by-time.ts';
import { s3Archive, s3Notes } from '#shared/aws/s3-archive.ts';
import { s3 } from '#shared/aws/s3.ts';
import { checkpointKey } from '#shared/audit/checkpoint.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { newUlid } from '#shared/core/ulid.ts';
import { createExportAudit } from '#shared/services/audit-export.ts';
import { createSealAudit } from '#shared/services/audit-sealing.ts';

import { createWatchRecords } from '#shared/services/audit-tampering.ts';

import { audit } from './audit.ts';
import { reportTampering } from './jobs.ts';

const Days = z.number().int();
const Retention = z.object({
  days: z.object({ authentication: Days, api_call: Days, user_action: Days, system: Days }),
  lock: z.object({ mode: z.enum(['GOVERNANCE', 'COMPLIANCE']), days: Days }),
});

const retention = /* @__PURE__ */ lazy(() => Retention.parse(JSON.parse(env('AUDIT_RETENTION'))));
const archive = /* @__PURE__ */ lazy(() =>
  s3Archive(s3(), { Bucket: env('AUDIT_BUCKET'), lock: retention().lock, now: Date.now }),
);
const archiveNotes = /* @__PURE__ */ lazy(() => s3Notes(s3(), env('AUDIT_BUCKET')));
const signer = /* @__PURE__ */ lazy(() => kmsSigner(kms(), env('AUDIT_KEY_ARN')));
const origin = () => `portunus-${env('STAGE')}/audit`;

/** Needs `audit:seal`, `leases:acquire`, `audit:write`. */
export const sealAudit = /* @__PURE__ */ lazy(() =>
  createSealAudit({
    records: recordsByTime(dynamo(), env('AUDIT_TABLE')),
    archive: archive(),
    notes: archiveNotes(),
    signer: signer(),
    origin: origin(),
    now: Date.now,
    leases: leaseTable(dynamo(), { TableName: env('CONTROL_TABLE'), now: Date.now }),
    audit: audit(),
    newRequestId: () => newUlid(Date.now()),
    status: logStatusTable(dynamo(), env('CONTROL_TABLE')),
  }),
);

/** Needs `audit:check-expiry`, `notices:raise`, `audit:write`. */
export const watchRecords = /* @__PURE__ */ lazy(() =>
  createWatchRecords({
    isExportedRow: isExportedRow({
      db: dynamo(),
      TableName: env('AUDIT_TABLE'),
      archive: archive(),
      retentionDays: retention().days,
    }),
    report: reportTampering(),
  }),
);

/** Needs `audit:export`, `notices:raise`, `audit:write`. @param remainingMs time left of the invocation */
export const exportAudit = (remainingMs: () => number) =>
  createExportAudit({
    archive: archive(),
    notes: archiveNotes(),
    rows: archivedRows(dynamo(), env('AUDIT_TABLE')),
    holds: legalHolds(dynamo(), env('CONTROL_TABLE')),
    key: async () => checkpointKey(origin(), await signer().publicKey()),
    retentionDays: retention().days,
    now: Date.now,
    once: onceFor(dynamo(), { tableName: env('CONTROL_TABLE'), effect: 'audit-export', remainingMs }),
    reportTampering: reportTampering(),
    status: logStatusTable(dynamo(), env('CONTROL_TABLE')),
  });
