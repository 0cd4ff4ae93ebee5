import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { verifyFolder } from '#scripts/audit-folder.ts';
import { createSigningKey, ORIGIN, writeFiles } from '#test/support/audit-log.ts';
import { hasPython, verifyWithPython } from '#test/support/python-verifier.ts';
import { seededChoices, TAMPERINGS } from '#test/support/tampering.ts';

const LOGS = 1000;

const home = mkdtempSync(join(tmpdir(), 'portunus-tampered-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe(`${LOGS} logs of each kind of tampering`, () => {
  it.each(Object.entries(TAMPERINGS))(
    'are all reported with kind and first bad record, by both verifiers, if %s',
    (kind, tamper) => {
      const signing = createSigningKey();
      const cases = Array.from({ length: LOGS }, (_, seed) => {
        const { files, expected } = tamper(seededChoices(seed, signing));
        const folder = join(home, `${kind} ${seed}`);
        writeFiles(folder, files);
        return { folder, expected };
      });
      const folders = cases.map(({ folder }) => folder);
      const found = folders.map((folder) => verifyFolder(folder, signing.key).damage);
      expect(found).toMatchObject(cases.map(({ expected }) => expected));
      const python = hasPython ? verifyWithPython(folders, { pem: signing.pem, origin: ORIGIN }) : [];
      expect(python.map(({ damage }) => damage)).toEqual(
        cases.slice(0, python.length).map(({ expected }) => expected),
      );
      for (const folder of folders) rmSync(folder, { recursive: true });
    },
    600_000,
  );
});
