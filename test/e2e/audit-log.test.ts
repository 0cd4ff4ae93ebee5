import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

import { checkpointKey } from '#shared/audit/checkpoint.ts';
import { verifyFolder } from '#scripts/audit-folder.ts';
import { writeFiles } from '#test/support/audit-log.ts';
import type { Portunus } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';
import { hasPython, verifyWithPython } from '#test/support/python-verifier.ts';

const ORIGIN = 'portunus-local/audit';
const home = mkdtempSync(join(tmpdir(), 'portunus-log-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Invokes a scheduled function as its rule does. */
async function run(portunus: Portunus, name: string): Promise<void> {
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
    await run(current, 'on-audit-seal');

    const { folder, key, pem } = await copyLog();
    const report = verifyFolder(folder, key);
    expect(report).toMatchObject({ damage: null });
    expect(report.size).toBeGreaterThanOrEqual(rows.length);
    const python = hasPython ? verifyWithPython([folder], { pem, origin: ORIGIN }) : [];
    expect(python.map(({ size, damage }) => ({ size, damage }))).toEqual(
      python.map(() => ({ size: report.size, damage: null })),
    );
  });
});
