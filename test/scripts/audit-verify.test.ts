import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isValidReceipt, createReceipt } from '#shared/audit/receipt.ts';
import { verifyFolder } from '#scripts/audit-folder.ts';
import { createSigningKey, createTestLog, filesOf, ORIGIN, writeFiles } from '#test/support/audit-log.ts';
import { hasPython, type PythonReport, verifyWithPython } from '#test/support/python-verifier.ts';
import { seededChoices, TAMPERINGS, type Tampered } from '#test/support/tampering.ts';

const home = mkdtempSync(join(tmpdir(), 'portunus-audit-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
let made = 0;
const newFolder = () => join(home, String((made += 1)));

describe('verification of an audit log', () => {
  const log = createTestLog({ counts: [1, 5, 7, 2, 16] });
  const folder = newFolder();
  writeFiles(folder, filesOf(log, 3));
  const { key, pem } = log.signing;

  it('finds a sound log sound, from its start and from the first index of any segment after its exports', () => {
    expect(verifyFolder(folder, key)).toMatchObject({ records: 31, size: 31, damage: null });
    const later = newFolder();
    writeFiles(
      later,
      new Map([...filesOf(log, 0)].filter(([name]) => !name.includes('log/0000000000000000'))),
    );
    expect(verifyFolder(later, key, { from: 1 })).toMatchObject({ records: 30, size: 31, damage: null });
  });

  it('reports a truncated log to an auditor who holds a later checkpoint', () => {
    const cut = newFolder();
    const held = log.segments.at(-1)?.segment.checkpoint;
    writeFiles(cut, filesOf({ ...log, segments: log.segments.slice(0, 4) }, 3));
    expect(verifyFolder(cut, key)).toMatchObject({ damage: null });
    expect(verifyFolder(cut, key, { held })).toMatchObject({ damage: { kind: 'log_truncated', index: 31 } });
    expect(verifyFolder(folder, key, { held }).damage).toBeNull();
  });

  it('reports a log that forks from a checkpoint which its key signed before', () => {
    const fork = createTestLog({ counts: [1, 5, 7], signing: log.signing });
    const other = newFolder();
    writeFiles(other, filesOf(fork, 0));
    const held = log.segments[1]?.segment.checkpoint;
    expect(verifyFolder(other, key, { held }).damage).toEqual({ kind: 'history_rewritten', index: 6 });
  });

  it('issues for every record a receipt that is valid, and not for another record or index', () => {
    for (const { segment, lines } of log.segments) {
      for (const n of lines.keys()) {
        const receipt = createReceipt(segment, lines, n);
        expect(isValidReceipt(receipt, key)).toBe(true);
        expect(isValidReceipt({ ...receipt, record: `${receipt.record} ` }, key)).toBe(false);
        const size = segment.first + segment.count;
        const moved = { ...receipt, index: (receipt.index + 1) % size };
        expect(isValidReceipt(moved, key)).toBe(size === 1);
      }
    }
  });

  it.skipIf(!hasPython)('agrees with the second verifier on sound and truncated logs', () => {
    expect(verifyWithPython([folder], { pem, origin: ORIGIN })).toMatchObject([
      { records: 31, size: 31, damage: null },
    ]);
    const held = join(home, 'held');
    writeFileSync(held, log.segments.at(-1)?.segment.checkpoint ?? '');
    const cut = newFolder();
    writeFiles(cut, filesOf({ ...log, segments: log.segments.slice(0, 4) }, 3));
    const [report] = verifyWithPython([cut], { pem, origin: ORIGIN, args: ['--checkpoint', held] });
    expect(report?.damage).toEqual({ kind: 'log_truncated', index: 31 });
  });
});

describe('the audit command', () => {
  it('verifies a log as one packed file without node_modules, and exits with 1 for a damaged one', () => {
    const packed = join(home, 'audit.mjs');
    const cli = (script: string, ...args: string[]) =>
      spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', cwd: home });
    expect(
      cli(new URL('../../scripts/audit.ts', import.meta.url).pathname, 'pack', '--out', packed).status,
    ).toBe(0);

    const choices = seededChoices(1, createSigningKey());
    const { log, files, expected } = TAMPERINGS['a record is deleted']?.(choices) ?? {};
    if (!log || !files || !expected) throw new Error('Missing tampering.');
    const folder = newFolder();
    writeFiles(folder, files);
    const key = join(home, 'public.pem');
    writeFileSync(key, log.signing.pem);
    const damaged = cli(packed, 'verify', folder, '--key', key, '--origin', ORIGIN);
    expect([damaged.status, damaged.stdout]).toEqual([
      1,
      expect.stringContaining(`DAMAGED: record_missing at index ${expected.index}`),
    ]);
    const sound = newFolder();
    writeFiles(sound, filesOf(log, 2));
    expect(cli(packed, 'verify', sound, '--key', key, '--origin', ORIGIN)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Sound: \d+ records/),
    });
  });
});

describe('tampering with an audit log', () => {
  const ROUNDS = 3;
  const signing = createSigningKey();
  const cases: { kind: string; folder: string; expected: Tampered['expected'] }[] = [];
  let python: readonly PythonReport[] = [];

  beforeAll(() => {
    for (const [kind, tamper] of Object.entries(TAMPERINGS)) {
      for (let seed = 1; seed <= ROUNDS; seed += 1) {
        const { files, expected } = tamper(seededChoices(seed, signing));
        const folder = newFolder();
        writeFiles(folder, files);
        cases.push({ kind, folder, expected });
      }
    }
    const folders = cases.map(({ folder }) => folder);
    if (hasPython) python = verifyWithPython(folders, { pem: signing.pem, origin: ORIGIN });
  });

  it.each(Object.keys(TAMPERINGS))('is reported with its kind and its first bad record if %s', (kind) => {
    const own = cases.filter((each) => each.kind === kind);
    expect(own.map(({ folder }) => verifyFolder(folder, signing.key).damage)).toMatchObject(
      own.map(({ expected }) => expected),
    );
  });

  it.skipIf(!hasPython)('is reported with the same kind and place by the second verifier', () => {
    expect(python.map(({ damage }) => damage)).toEqual(cases.map(({ expected }) => expected));
  });
});
