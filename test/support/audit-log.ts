// An audit log in memory, signed with a key of its own, and its files in a folder.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { createWriters } from '#shared/audit/chain.ts';
import {
  checkpointKey,
  checkpointText,
  NO_PREVIOUS,
  noteHash,
  signedNote,
} from '#shared/audit/checkpoint.ts';
import { exportFolder, exportOfHour, toJsonLines } from '#shared/audit/export-files.ts';
import { appendLeaves, EMPTY_FRONTIER, type Frontier, leafHash, rootHash } from '#shared/audit/merkle.ts';
import { recordsName, type Segment, segmentName } from '#shared/audit/segment.ts';
import { canonicalJson } from '#shared/core/canonical-json.ts';
import { newUlid } from '#shared/core/ulid.ts';

export const ORIGIN = 'portunus-test/audit';
const START_MS = Date.parse('2026-11-28T10:00:00.000Z');
const CATEGORIES = ['api_call', 'user_action', 'authentication', 'system'] as const;

export function createSigningKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const pem = publicKey.export({ format: 'pem', type: 'spki' }) as string;
  const key = checkpointKey(ORIGIN, pem);
  const signText = (text: string) =>
    signedNote(text, key, sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'der' }));
  return { pem, key, signText };
}
export type SigningKey = ReturnType<typeof createSigningKey>;

export type TestSegment = { segment: Segment; lines: string[] };
export type TestLog = { readonly signing: SigningKey; readonly segments: TestSegment[] };

/** A target that a spreadsheet would run, and one with separators: the CSV has to be safe and exact. */
const TARGETS = ['=HYPERLINK("http://x","y")', 'a,"b"', undefined, 'todo_create', '@sum'];

export function createRecord(n: number, position: object, target = TARGETS[n % TARGETS.length]): string {
  const at = START_MS + n * 1000;
  return canonicalJson({
    fmt: 2,
    eventId: newUlid(at),
    ts: new Date(at).toISOString(),
    ownerId: randomBytes(20).toString('hex').slice(0, 27),
    category: CATEGORIES[n % CATEGORIES.length],
    act: 'tool.called',
    result: 'succeeded',
    requestId: `request-${n}`,
    ...(target !== undefined && { target }),
    ...(n % 3 === 0 && { keys: [{ kid: 'k'.repeat(22), provider: 'openai', version: 1 }] }),
    ...(n % 2 === 0 && { meta: { provider: 'openai', count: n, reason: 'ü "quoted", text' } }),
    ...position,
  });
}

export function signSegment(
  { signing, before, previous }: { signing: SigningKey; before: Frontier; previous: string | undefined },
  lines: readonly string[],
  time: string,
): { segment: Segment; after: Frontier } {
  const leaves = lines.map((line) => leafHash(line));
  const after = appendLeaves(before, leaves);
  const text = checkpointText({
    origin: ORIGIN,
    size: after.size,
    root: rootHash(after),
    time,
    previous: previous === undefined ? NO_PREVIOUS : noteHash(previous),
    heads: NO_PREVIOUS,
  });
  const segment: Segment = {
    format: 1,
    first: before.size,
    count: lines.length,
    frontier: before.hashes.map((hash) => hash.toString('hex')),
    leaves: leaves.map((leaf) => leaf.toString('hex')),
    checkpoint: signing.signText(text),
  };
  return { segment, after };
}

/** @param options.counts records of each segment. @param options.writers concurrent writers */
export function createTestLog(options: {
  counts: readonly number[];
  writers?: number;
  signing?: SigningKey;
  /** Changes a record before it is sealed. */
  change?: (line: string, n: number) => string;
}): TestLog {
  const { counts, writers = 3, signing = createSigningKey(), change = (line) => line } = options;
  const pools = Array.from({ length: writers }, () => createWriters({ now: () => 0 }));
  let [n, before] = [0, EMPTY_FRONTIER];
  let previous: string | undefined;
  const segments = counts.map((count) => {
    const lines = Array.from({ length: count }, () => {
      const slot = pools[(n * 7) % writers]?.take();
      const line = createRecord(n, slot?.position ?? {});
      slot?.settle('committed', leafHash(line).toString('hex'));
      n += 1;
      return change(line, n - 1);
    });
    const time = new Date(START_MS + n * 60_000).toISOString();
    const { segment, after } = signSegment({ signing, before, previous }, lines, time);
    before = after;
    previous = segment.checkpoint;
    return { segment, lines };
  });
  return { signing, segments };
}

/** Files of the log by name: the first `exported` segments as one export, the others as they were sealed. */
export function filesOf({ segments }: TestLog, exported: number): Map<string, string> {
  const files = new Map<string, string>();
  const old = segments.slice(0, exported);
  if (old.length > 0) {
    const hour = '2026-11-28T10';
    const unit = { segments: old.map(({ segment }) => segment), lines: old.flatMap(({ lines }) => lines) };
    const made = exportOfHour(hour, unit, { api_call: 400 });
    for (const [name, text] of Object.entries(made.files)) files.set(`${exportFolder(hour)}/${name}`, text);
    files.set(`${exportFolder(hour)}/manifest.json`, canonicalJson(made.manifest));
  }
  for (const { segment, lines } of segments.slice(exported)) {
    files.set(recordsName(segment.first), toJsonLines(lines));
    files.set(segmentName(segment.first), canonicalJson(segment));
  }
  return files;
}

export function writeFiles(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [name, text] of files) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
