// Kinds of tampering with a log of segments, each with the damage that a verifier has to report.
import { linesIn, recordsName, segmentName } from '#shared/audit/segment.ts';
import type { Damage } from '#shared/audit/verification.ts';

import {
  createSigningKey,
  createTestLog,
  filesOf,
  type SigningKey,
  signSegment,
  type TestLog,
} from './audit-log.ts';

export type Tampered = {
  readonly log: TestLog;
  readonly files: Map<string, string>;
  readonly expected: Pick<Damage, 'kind' | 'index'>;
};

/** Choices of one log: whole numbers below `end` from a seeded sequence, the same on each run, and the log's key. */
export type Choices = { readonly pick: (end: number) => number; readonly signing: SigningKey };

export function seededChoices(seed: number, signing: SigningKey): Choices {
  let state = (seed * 2_654_435_761 + 1) % 2_147_483_647 || 1;
  const pick = (end: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % end;
  };
  return { pick, signing };
}

const EXPORTED = 2;

/** A log of five segments, the first two of them exported. */
function createBase({ pick, signing }: Choices): { log: TestLog; files: Map<string, string>; total: number } {
  const counts = Array.from({ length: 5 }, () => 3 + pick(6));
  const log = createTestLog({ counts, writers: 1 + pick(4), signing });
  return { log, files: filesOf(log, EXPORTED), total: counts.reduce((sum, count) => sum + count, 0) };
}

/** The file and line of one record. */
function placeOfRecord({ segments }: TestLog, index: number) {
  const at = segments.findIndex(({ segment }) => index < segment.first + segment.count);
  const segment = segments[at]?.segment;
  if (!segment) throw new Error('No such record.');
  if (at < EXPORTED) return { name: 'exports/2026-11-28T10/records.jsonl', line: index };
  return { name: recordsName(segment.first), line: index - segment.first };
}

type Edit = (lines: string[], line: number) => void;

/** @param around lines that the edit needs before and after the record: without them it is made elsewhere in the file */
function editRecords(kind: Damage['kind'], edit: Edit, around = { before: 0, after: 0 }) {
  return (choices: Choices): Tampered => {
    const base = createBase(choices);
    const { pick } = choices;
    const index = pick(base.total);
    const { name, line } = placeOfRecord(base.log, index);
    const lines = linesIn(base.files.get(name) ?? '');
    const at = Math.min(Math.max(line, around.before), lines.length - 1 - around.after);
    edit(lines, at);
    base.files.set(name, lines.map((each) => `${each}\n`).join(''));
    return { ...base, expected: { kind, index: index - line + at } };
  };
}

const segmentAt = ({ segments }: TestLog, n: number) => {
  const found = segments[n];
  if (!found) throw new Error('No such segment.');
  return found.segment;
};

const withoutSegment = (files: Map<string, string>, first: number) => {
  files.delete(segmentName(first));
  files.delete(recordsName(first));
};

export const TAMPERINGS: Readonly<Record<string, (choices: Choices) => Tampered>> = {
  'a record is edited': editRecords('record_changed', (lines, n) => {
    lines[n] = (lines[n] ?? '').replace('"result":"succeeded"', '"result":"refused"');
  }),
  'a record is deleted': editRecords('record_missing', (lines, n) => void lines.splice(n, 1)),
  'a forged record is inserted': editRecords('record_inserted', (lines, n) => {
    lines.splice(n, 0, (lines[n] ?? '').replace('request-', 'forged-'));
  }),
  'a record is repeated': editRecords(
    'record_repeated',
    (lines, n) => void lines.splice(n, 0, lines[n - 1] ?? ''),
    { before: 1, after: 0 },
  ),
  'two records are exchanged': editRecords(
    'records_reordered',
    (lines, n) => {
      [lines[n], lines[n + 1]] = [lines[n + 1] ?? '', lines[n] ?? ''];
    },
    { before: 0, after: 1 },
  ),
  'the end of a records file is cut off': (choices) => {
    const base = createBase(choices);
    const { pick } = choices;
    const segment = segmentAt(base.log, EXPORTED + pick(3));
    const name = recordsName(segment.first);
    const kept = pick(segment.count);
    const lines = linesIn(base.files.get(name) ?? '').slice(0, kept);
    base.files.set(name, lines.map((each) => `${each}\n`).join(''));
    return { ...base, expected: { kind: 'record_missing', index: segment.first + kept } };
  },
  'a segment is withheld': (choices) => {
    const base = createBase(choices);
    const { pick } = choices;
    const { first } = segmentAt(base.log, EXPORTED + pick(2)); // not the last: without it the log is only shorter
    withoutSegment(base.files, first);
    return { ...base, expected: { kind: 'segment_missing', index: first } };
  },
  'an old checkpoint is replayed': (choices) => {
    const base = createBase(choices);
    const { pick } = choices;
    const segment = segmentAt(base.log, EXPORTED + pick(3));
    const { checkpoint } = segmentAt(base.log, pick(EXPORTED));
    base.files.set(segmentName(segment.first), JSON.stringify({ ...segment, checkpoint }));
    return { ...base, expected: { kind: 'checkpoint_replayed', index: segment.first } };
  },
  'history is rewritten and signed with another key': (choices) => {
    const base = createBase(choices);
    const { pick } = choices;
    const at = EXPORTED + pick(3);
    const segment = segmentAt(base.log, at);
    const lines = (base.log.segments[at]?.lines ?? []).map((line) =>
      line.replace('tool.called', 'key.stored'),
    );
    const frontier = segment.frontier.map((hex) => Buffer.from(hex, 'hex'));
    const place = { signing: createSigningKey(), before: { size: segment.first, hashes: frontier } };
    const previous = segmentAt(base.log, at - 1).checkpoint;
    const forged = signSegment({ ...place, previous }, lines, '2026-11-28T10:00:00.000Z');
    base.files.set(segmentName(segment.first), JSON.stringify(forged.segment));
    base.files.set(recordsName(segment.first), lines.map((each) => `${each}\n`).join(''));
    return { ...base, expected: { kind: 'checkpoint_invalid', index: segment.first } };
  },
  'records and leaves are rewritten under the signed checkpoint': (choices) => {
    const base = createBase(choices);
    const { pick } = choices;
    const at = EXPORTED + pick(3);
    const { checkpoint, first, frontier } = segmentAt(base.log, at);
    const lines = (base.log.segments[at]?.lines ?? []).map((line) =>
      line.replace('tool.called', 'key.stored'),
    );
    const before = { size: first, hashes: frontier.map((hex) => Buffer.from(hex, 'hex')) };
    const forged = signSegment(
      { signing: base.log.signing, before, previous: undefined },
      lines,
      'x'.repeat(24),
    );
    base.files.set(segmentName(first), JSON.stringify({ ...forged.segment, checkpoint }));
    base.files.set(recordsName(first), lines.map((each) => `${each}\n`).join(''));
    return { ...base, expected: { kind: 'history_rewritten', index: first } };
  },
  'leaves of a segment are changed': (choices) => {
    const base = createBase(choices);
    const { pick } = choices;
    const segment = segmentAt(base.log, EXPORTED + pick(3));
    const leaves = segment.leaves.map((leaf, n) =>
      n === 0 ? leaf.replace(/^./, (c) => (c === '0' ? '1' : '0')) : leaf,
    );
    base.files.set(segmentName(segment.first), JSON.stringify({ ...segment, leaves }));
    return { ...base, expected: { kind: 'tree_changed', index: segment.first } };
  },
  'a spreadsheet is changed, with its manifest': (choices) => {
    const base = createBase(choices);
    const name = 'exports/2026-11-28T10/records.csv';
    base.files.set(name, (base.files.get(name) ?? '').replace('succeeded', 'refused'));
    return { ...base, expected: { kind: 'csv_changed', index: 0 } };
  },
  'a manifest states another count': (choices) => {
    const base = createBase(choices);
    const name = 'exports/2026-11-28T10/manifest.json';
    base.files.set(name, (base.files.get(name) ?? '').replace(/"count":(\d+)/, '"count":1$1'));
    return { ...base, expected: { kind: 'manifest_changed', index: 0 } };
  },
  'a record was deleted before it was sealed': (choices) => beforeSealing(choices, 'chain_gap'),
  'a record was changed before it was sealed': (choices) => beforeSealing(choices, 'chain_broken'),
};

/** One writer, so that the following record shows the damage. */
function beforeSealing({ pick, signing }: Choices, kind: 'chain_gap' | 'chain_broken'): Tampered {
  const bad = 1 + pick(6);
  const change = (line: string, n: number) =>
    n === bad && kind === 'chain_broken' ? line.replace('request-', 'changed-') : line;
  const log = createTestLog({ counts: [8], writers: 1, change, signing });
  if (kind === 'chain_broken') return { log, files: filesOf(log, 0), expected: { kind, index: bad + 1 } };
  const lines = (log.segments[0]?.lines ?? []).filter((_, n) => n !== bad);
  const before = { size: 0, hashes: [] };
  const { segment } = signSegment(
    { signing: log.signing, before, previous: undefined },
    lines,
    '2026-11-28T10:00:00.000Z',
  );
  const gapped = { signing: log.signing, segments: [{ segment, lines }] };
  return { log: gapped, files: filesOf(gapped, 0), expected: { kind, index: bad } };
}
