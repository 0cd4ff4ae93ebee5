// Verification of the audit log with nothing but its files and the public key. test/verifier/verify.py does the same from
// docs/formats.md alone, and must agree on kind and place.
import * as z from 'zod';

import { type Checkpoint, type CheckpointKey, NO_PREVIOUS, noteHash, openNote } from './checkpoint.ts';
import { appendLeaves, EMPTY_FRONTIER, type Frontier, leafHash, rootHash } from './merkle.ts';
import { frontierOfSegment, type Segment } from './segment.ts';

/** Kinds of damage, in the order of the checks. */
export const DAMAGES = [
  'segment_malformed',
  'segment_repeated',
  'segment_missing',
  'checkpoint_invalid',
  'checkpoint_replayed',
  'checkpoint_replaced',
  'tree_changed',
  'history_rewritten',
  'record_missing',
  'record_inserted',
  'record_repeated',
  'records_reordered',
  'record_changed',
  'record_malformed',
  'chain_gap',
  'chain_fork',
  'chain_broken',
  'csv_changed',
  'manifest_changed',
  'log_truncated',
] as const;
export type Damage = {
  readonly kind: (typeof DAMAGES)[number];
  /** Index in the log of the first bad record; of the segment's first record for damage of its checkpoint or tree. */
  readonly index: number;
  /** Id of that record, where it can be read. */
  readonly eventId?: string | undefined;
};

export const CHAIN_START = '0'.repeat(64);

const Chained = z.object({
  fmt: z.literal(2),
  eventId: z.string(),
  ts: z.string(),
  w: z.string().min(1),
  seq: z.number().int().min(1),
  prev: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ChainedRecord = z.infer<typeof Chained>;

/** Undefined unless the line is a record with chain fields. */
export function parseChained(line: string): ChainedRecord | undefined {
  try {
    return Chained.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

type Head = { readonly seq: number; readonly leaf: string };

/** Damage of the chain that a record shows; undefined if it continues its writer's chain. */
export function chainDamage(
  { seq, prev }: Pick<ChainedRecord, 'seq' | 'prev'>,
  head: Head,
): Damage['kind'] | undefined {
  if (seq <= head.seq) return 'chain_fork';
  if (seq > head.seq + 1) return 'chain_gap';
  return prev === head.leaf ? undefined : 'chain_broken';
}

/** First difference between the hashes of the lines and the signed ones. */
function firstDifference(found: readonly string[], signed: readonly string[]) {
  const longest = Math.max(found.length, signed.length);
  let n = 0;
  while (n < longest && found[n] === signed[n]) n += 1;
  if (n === longest) return undefined;
  return { n, kind: differenceKind(found, signed, n) };
}

function differenceKind(found: readonly string[], signed: readonly string[], n: number): Damage['kind'] {
  const [actual, expected] = [found[n], signed[n]];
  if (actual === undefined) return 'record_missing';
  const at = signed.indexOf(actual);
  if (at !== -1 && at < n) return 'record_repeated';
  const comesLater = expected !== undefined && found.includes(expected, n + 1);
  if (at !== -1) return comesLater ? 'records_reordered' : 'record_missing';
  return comesLater || expected === undefined ? 'record_inserted' : 'record_changed';
}

/** Segments with the lines of all their records. `undefined` for a file that is not a segment. */
export type LogUnit = {
  readonly segments: readonly (Segment | undefined)[];
  readonly lines: readonly string[];
};

export type LogVerifier = {
  /** Verifies the next unit. Returns the first damage, if there is any; nothing can be added after it. */
  readonly add: (unit: LogUnit) => Damage | undefined;
  readonly size: () => number;
  readonly last: () => Checkpoint | undefined;
};

/** State of the log before a segment. */
type Verified = {
  readonly size: number;
  /** Undefined until the first segment of a log that is not verified from its start. */
  readonly frontier: Frontier | undefined;
  /** Signed note before the segment. */
  readonly note: string | undefined;
  readonly last: Checkpoint | undefined;
};

/** Damage of the segment's form and place. */
function placeDamage(segment: Segment | undefined, next: number): Damage | undefined {
  if (!segment || segment.count !== segment.leaves.length) return { kind: 'segment_malformed', index: next };
  const { first } = segment;
  if (first < next) return { kind: 'segment_repeated', index: first };
  return first > next ? { kind: 'segment_missing', index: next } : undefined;
}

/** Damage of an opened checkpoint: of its place in the log. */
function checkpointDamage(
  { size, previous }: Checkpoint,
  { first, count }: Segment,
  note: string | undefined,
): Damage['kind'] | undefined {
  if (size !== first + count) return 'checkpoint_replayed';
  const atStart = first === 0 ? NO_PREVIOUS : previous;
  return previous === (note === undefined ? atStart : noteHash(note)) ? undefined : 'checkpoint_replaced';
}

/** @param hashes leaf hashes of the unit's lines from the segment's place on */
function treeDamage(
  segment: Segment,
  { before, after, root }: { before: Frontier; after: Frontier; root: Buffer },
  hashes: readonly Buffer[],
): Damage['kind'] | undefined {
  if (!isWhole(before)) return 'tree_changed';
  if (!rootHash(after).equals(root)) {
    const found = rootHash(appendLeaves(before, hashes.slice(0, segment.count)));
    return found.equals(root) ? 'tree_changed' : 'history_rewritten';
  }
  return sameFrontier(before, segment) ? undefined : 'tree_changed';
}

function verifySegment(
  segment: Segment | undefined,
  { verified, key }: { verified: Verified; key: CheckpointKey },
  hashes: readonly Buffer[],
): { damage: Damage } | { next: Verified } {
  const misplaced = placeDamage(segment, verified.size);
  if (misplaced || !segment)
    return { damage: misplaced ?? { kind: 'segment_malformed', index: verified.size } };
  const { first: index, checkpoint: note } = segment;
  const last = openNote(note, key);
  if (!last) return { damage: { kind: 'checkpoint_invalid', index } };
  const replaced = checkpointDamage(last, segment, verified.note);
  if (replaced) return { damage: { kind: replaced, index } };
  const before = verified.frontier ?? frontierOfSegment(segment);
  const leaves = segment.leaves.map((leaf) => Buffer.from(leaf, 'hex'));
  const after = appendLeaves(before, leaves);
  const kind = treeDamage(segment, { before, after, root: last.root }, hashes);
  if (kind) return { damage: { kind, index } };
  return { next: { size: after.size, frontier: after, note, last } };
}

/** @param from first index of the log that is verified: earlier records may have expired */
export function createLogVerifier(key: CheckpointKey, from = 0): LogVerifier {
  const frontier = from === 0 ? EMPTY_FRONTIER : undefined;
  let verified: Verified = { frontier, size: from, note: undefined, last: undefined };
  const heads = new Map<string, Head>();

  function chainDamageIn(lines: readonly string[], hashes: readonly string[], first: number) {
    for (const [n, line] of lines.entries()) {
      const record = parseChained(line);
      const index = first + n;
      if (!record) return { kind: 'record_malformed', index } as const;
      const { w, seq, eventId } = record;
      // Before the first verified record, a writer may have written any number of records.
      const head = heads.get(w) ?? (from === 0 ? { seq: 0, leaf: CHAIN_START } : undefined);
      const kind = head && chainDamage(record, head);
      if (kind) return { kind, index, eventId };
      heads.set(w, { seq, leaf: hashes[n] ?? '' });
    }
    return undefined;
  }

  return {
    add({ segments, lines }) {
      const first = verified.size;
      const hashes = lines.map((line) => leafHash(line));
      for (const segment of segments) {
        const result = verifySegment(segment, { verified, key }, hashes.slice(verified.size - first));
        if ('damage' in result) return result.damage;
        verified = result.next;
      }
      const hex = hashes.map((leaf) => leaf.toString('hex'));
      const leaves = segments.flatMap((segment) => segment?.leaves ?? []);
      const difference = firstDifference(hex, leaves);
      if (!difference) return chainDamageIn(lines, hex, first);
      const { n, kind } = difference;
      return { kind, index: first + n, eventId: parseChained(lines[n] ?? '')?.eventId };
    },
    size: () => verified.size,
    last: () => verified.last,
  };
}

/** One hash per set bit of the size. */
const isWhole = ({ size, hashes }: Frontier) => size.toString(2).replaceAll('0', '').length === hashes.length;

const sameFrontier = ({ hashes }: Frontier, { frontier }: Segment) =>
  hashes.length === frontier.length && hashes.every((hash, n) => hash.toString('hex') === frontier[n]);
