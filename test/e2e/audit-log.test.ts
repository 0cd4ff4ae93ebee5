import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, expect, it } from 'vitest';

import { checkpointKey } from '#shared/audit/checkpoint.ts';
import { createExporter } from '#shared/audit/exporting.ts';
import { archivedRows } from '#shared/aws/archived-rows.ts';
import { legalHolds } from '#shared/aws/hold-table.ts';
import { kmsSigner } from '#shared/aws/kms-signer.ts';
import { onceFor } from '#shared/aws/once.ts';
import { s3Archive, s3Notes } from '#shared/aws/s3-archive.ts';
import { verifyFolder } from '#scripts/audit-folder.ts';
import { writeFiles } from '#test/support/audit-log.ts';
import type { Portunus } from '#test/support/portunus.ts';
import { optionsOf, tablesAs, updateOf } from '#test/support/role-clients.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';
import { hasPython, verifyWithPython } from '#test/support/python-verifier.ts';

const ORIGIN = 'portunus-local/audit';
const now = () => Date.now() + 2 * 3600_000;
const home = mkdtempSync(join(tmpdir(), 'portunus-log-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Invokes a scheduled function as its rule does. */
async function runScheduled(portunus: Portunus, name: string): Promise<void> {
  const found = portunus.lambda.functions().find((each) => each.name.endsWith(name));
  const event = { id: `run-${Date.now()}`, time: new Date().toISOString(), detail: {} };
  const { functionError } = await portunus.lambda.invoke(found?.arn ?? '', event);
  expect(functionError).toBeUndefined();
}

onEngine('the audit log', () => {
  const portunus = usePortunus();
  let copies = 0;

  /** A copy of the bucket in a folder, as an auditor receives it, and the public key. */
  async function copyLog() {
    const { current } = portunus;
    copies += 1;
    const folder = join(home, String(copies));
    const bucket = current.buckets().find(({ name }) => name.includes('audit'));
    if (!bucket) throw new Error('The stack has no bucket for the audit log.');
    const { objects } = bucket;
    const files = objects.keys().flatMap((key) => {
      const version = objects.newest(key);
      return version ? [[key, objects.content(version).toString()] as const] : [];
    });
    writeFiles(folder, new Map(files));
    const { body } = await current.kmsAsRoot('GetPublicKey', { KeyId: 'alias/portunus-local-audit' });
    const key = checkpointKey(ORIGIN, Buffer.from(String(body['PublicKey']), 'base64'));
    return { folder, key, pem: key.key.export({ format: 'pem', type: 'spki' }) as string };
  }

  it('holds every record of the table after it was sealed, and both verifiers find it sound', async () => {
    const { current } = portunus;
    const alice = await current.person('alice');
    await alice.invoke('todo_create', { title: 'x' });
    await alice.get('/api-keys');
    await current.events.settled();
    const rows = await current.rows('audit');
    await new Promise((resolve) => setTimeout(resolve, 5500)); // the sealer leaves out the last seconds
    await runScheduled(current, 'on-audit-seal');

    const { folder, key, pem } = await copyLog();
    const { body } = await alice.get('/audit/verification');
    expect(body).toMatchObject({ status: 'sealed', origin: ORIGIN, public_key: pem, verified: null });
    const report = verifyFolder(folder, key, { held: body.checkpoint });
    expect(report).toMatchObject({ damage: null });
    expect(report.size).toBeGreaterThanOrEqual(rows.length);
    const python = hasPython ? verifyWithPython([folder], { pem, origin: ORIGIN }) : [];
    expect(python.map(({ size, damage }) => ({ size, damage }))).toEqual(
      python.map(() => ({ size: report.size, damage: null })),
    );
  });

  const reportsOf = async (eventId: unknown) =>
    (await portunus.current.rows('audit'))
      .filter(({ act, target }) => act === 'audit.tampered' && target === eventId)
      .map(({ rec }) => JSON.parse(String(rec)).meta.reason);

  /** The exporter with the permissions of its function, two hours from now: the hour is not over. */
  async function exportLater() {
    const { current } = portunus;
    const options = optionsOf(current, 'on-audit-export');
    const { environment = {} } =
      current.lambda.functions().find(({ name }) => name.endsWith('on-audit-export')) ?? {};
    const db = tablesAs(current, 'on-audit-export');
    const s3 = new S3Client(options);
    const Bucket = environment['AUDIT_BUCKET'] ?? '';
    const { days, lock } = JSON.parse(environment['AUDIT_RETENTION'] ?? '{}');
    const signer = kmsSigner(new KMSClient(options), environment['AUDIT_KEY_ARN'] ?? '');
    const run = createExporter({
      archive: s3Archive(s3, { Bucket, lock, now }),
      notes: s3Notes(s3, Bucket),
      rows: archivedRows(db, current.tableName('audit')),
      holds: legalHolds(db, current.tableName('control')),
      key: async () => checkpointKey(ORIGIN, await signer.publicKey()),
      retentionDays: days,
      now,
      once: onceFor(db, {
        tableName: current.tableName('control'),
        effect: 'audit-export',
        remainingMs: () => 60_000,
      }),
    });
    return run();
  }

  it('is exported with all its records, which then expire, without an alarm about the time to live', async () => {
    const { current } = portunus;
    const reports = await exportLater();
    const exported = reports.reduce((sum, report) => sum + report.exported, 0);
    const expiring = reports.reduce((sum, report) => sum + report.expiring, 0);
    expect(exported).toBeGreaterThan(0);
    expect(expiring).toBe(exported);
    expect(await exportLater()).toEqual([]);
    await current.events.settled();
    await current.events.settled();

    const rows = await current.rows('audit');
    const expiringRows = rows.filter(({ ttl }) => ttl !== undefined);
    expect(expiringRows).toHaveLength(exported);
    expect(rows.filter(({ act }) => act === 'audit.tampered')).toEqual([]);

    const { folder, key, pem } = await copyLog();
    const report = verifyFolder(folder, key);
    expect(report).toMatchObject({ damage: null });
    const python = hasPython ? verifyWithPython([folder], { pem, origin: ORIGIN }) : [];
    expect(python.map(({ damage }) => damage)).toEqual(python.map(() => null));
    const locks = current
      .buckets()
      .flatMap(({ objects }) =>
        objects.keys().map((name) => ({ name, lock: objects.newest(name)?.retention })),
      );
    expect(locks.filter(({ lock }) => !lock).map(({ name }) => name)).toEqual([
      'sealer/export.json',
      'sealer/state.json',
    ]);
  });

  it('has an alarm about a row that is changed with its first time to live, and about one that is changed again', async () => {
    const { current } = portunus;
    const TableName = current.tableName('audit');
    await (await current.person('bob')).get('/api-keys');
    await current.events.settled();
    const rows = await current.rows('audit');
    const exported = rows.find(({ ttl }) => ttl !== undefined) ?? {};
    const fresh = rows.find(({ ttl }) => ttl === undefined) ?? {};
    const soon = Math.floor(Date.now() / 1000) + 3600;
    const { pk, sk } = exported;
    const shortened = updateOf(TableName, { pk: String(pk), sk: String(sk) }, 'ttl', {
      ExpressionAttributeValues: { ':v': soon },
    });
    await current.db.send(shortened);
    const Item = { ...fresh, result: 'failed', ttl: soon, logPlace: '0+0' };
    await current.db.send(new PutCommand({ TableName, Item }));
    await current.events.settled();
    await current.events.settled();
    expect(await reportsOf(exported['eventId'])).toEqual(['modified']);
    expect(await reportsOf(fresh['eventId'])).toEqual(['modified']);
  });
});
