// Verification of an audit log: records per second, against SHA-256 over the same bytes.
import { createHash, hash } from 'node:crypto';

import { createLogVerifier } from '#shared/audit/verification.ts';
import { createTestLog } from '#test/support/audit-log.ts';

import { median } from './stats.ts';
import { table } from './table.ts';

const SEGMENT = 1000;

/** Milliseconds, median of five runs. */
function timeOf(run: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return median(times);
}

export function auditVerification(quick: boolean): void {
  const count = quick ? 20 : 200;
  const { signing, segments } = createTestLog({
    counts: Array.from({ length: count }, () => SEGMENT),
    writers: 16,
  });
  const lines = segments.flatMap((each) => each.lines);
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);

  const verified = timeOf(() => {
    const verifier = createLogVerifier(signing.key);
    for (const { segment, lines: own } of segments) verifier.add({ segments: [segment], lines: own });
    if (verifier.size() !== lines.length) throw new Error('The log is damaged.');
  });
  const perRecord = timeOf(() => {
    for (const line of lines) hash('sha256', line, 'buffer');
  });
  const whole = timeOf(() => {
    const all = createHash('sha256');
    for (const { lines: own } of segments) all.update(own.join('\n'));
    all.digest();
  });
  const row = (name: string, ms: number) => [
    name,
    String(Math.round(lines.length / (ms / 1000))),
    (ms / whole).toFixed(1),
  ];
  const size = Math.round(bytes / lines.length);
  table(
    `Audit: verification of ${lines.length} records of ${size} bytes`,
    ['', 'records/s', 'ratio'],
    [
      row('verified: records, chains, tree, signatures', verified),
      row('SHA-256 of each record', perRecord),
      row('SHA-256 of all bytes at once', whole),
    ],
  );
}
