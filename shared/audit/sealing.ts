// Sealer: appends new records to the log, in the order of each writer, and signs a checkpoint. A run may be interrupted at any
// point: the next one finds what was written and continues from it.
import type { Archive, ArchiveNotes } from './archive.ts';
import {
  type CheckpointKey,
  checkpointKey,
  checkpointText,
  noteHash,
  openNote,
  signedNote,
} from './checkpoint.ts';
import { leafHash, rootHash } from './merkle.ts';
import { advance, EMPTY_STATE, frontierOf, headIn, headsHash, isStateOf, SealState } from './seal-state.ts';
import { linesIn, parseSegment, recordsName, type Segment, segmentName } from './segment.ts';
import { chainDamage, type ChainedRecord, type Damage, parseChained } from './verification.ts';

/** Port. Records of all owners in a range of time, both ends included, in any order. */
export type RecordsByTime = (from: string, to: string) => Promise<readonly string[]>;

/** Port. ECDSA P-256 over SHA-256, in DER. */
export type Signer = {
  readonly sign: (text: string) => Promise<Buffer>;
  /** SPKI in DER. */
  readonly publicKey: () => Promise<Buffer>;
};

export type SealPorts = {
  readonly records: RecordsByTime;
  readonly archive: Archive;
  readonly notes: ArchiveNotes;
  readonly signer: Signer;
  readonly origin: string;
  readonly now: () => number;
};

export type SealReport = {
  readonly size: number;
  readonly sealed: number;
  /** Records held back because an earlier one of their writer is not visible yet. */
  readonly waiting: number;
  /** Damage that was done before sealing. */
  readonly damages: readonly Damage[];
  /** Signed note of the log; empty while nothing is sealed. */
  readonly checkpoint: string;
};

const STATE = 'sealer/state.json';
/** A record becomes visible in the index some time after it was committed. */
const SETTLE_MS = 5000;
/** Records that were committed later than their time says, or by a clock that is behind. */
const OVERLAP_MS = 15 * 60_000;
/** Once an hour, everything that may still be missing is read again: see `reconcile`. */
const RECONCILE_MS = 25 * 3600_000;
/** After this, a record whose predecessor never came is sealed, and reported. */
const GAP_MS = 10 * 60_000;
/** The state is written again after this time without records. */
const IDLE_MS = 3600_000;
const MAX_RECORDS = 2000;

const iso = (ms: number) => new Date(ms).toISOString();

/** State with the signed note that it belongs to; an empty one before the first record. */
type Sealed = { readonly state: SealState; readonly note: string };

type Candidate = { readonly line: string; readonly record: ChainedRecord };

/** New records in the order of time, and those of one writer in the order of their numbers. */
function inOrder(lines: readonly string[], state: SealState): Candidate[] {
  const fresh = [...new Set(lines)].flatMap((line): Candidate[] => {
    const record = parseChained(line);
    return record && record.seq > headIn(state, record.w).seq ? [{ line, record }] : [];
  });
  const byTime = fresh.toSorted((a, b) => (orderKey(a) < orderKey(b) ? -1 : 1));
  const byWriter = Map.groupBy(
    byTime.toSorted((a, b) => a.record.seq - b.record.seq),
    ({ record }) => record.w,
  );
  return byTime.flatMap(({ record: { w } }) => byWriter.get(w)?.shift() ?? []);
}

const orderKey = ({ record: { ts, eventId } }: Candidate) => `${ts}#${eventId}`;

/** Splits off the records that continue no chain yet and are recent enough to wait for their predecessor. */
function withoutGaps(candidates: readonly Candidate[], state: SealState, now: number) {
  const next = new Map<string, number>();
  const ready: Candidate[] = [];
  let waiting = 0;
  for (const candidate of candidates) {
    const { w, seq, ts } = candidate.record;
    const due = next.get(w) ?? headIn(state, w).seq + 1;
    if (seq > due && Date.parse(ts) > now - GAP_MS) {
      waiting += 1;
      continue;
    }
    next.set(w, seq + 1);
    ready.push(candidate);
  }
  return { ready, waiting };
}

function damagesIn(lines: readonly string[], state: SealState): Damage[] {
  const heads = new Map<string, { seq: number; leaf: string }>();
  return lines.flatMap((line, n) => {
    const record = parseChained(line);
    if (!record) return [];
    const { w, seq, eventId } = record;
    const kind = chainDamage(record, heads.get(w) ?? headIn(state, w));
    heads.set(w, { seq, leaf: leafHash(line).toString('hex') });
    return kind ? [{ kind, index: state.size + n, eventId }] : [];
  });
}

/** @throws if the state is not the one that its checkpoint was signed for: it was changed by other means */
async function readState({ notes, archive }: SealPorts, key: CheckpointKey): Promise<Sealed> {
  const text = await notes.get(STATE);
  if (text === undefined) return { state: EMPTY_STATE, note: '' }; // the first run, or the archive is followed from its start
  const state = SealState.parse(JSON.parse(text));
  const segment = parseSegment((await archive.get(segmentName(state.last))) ?? '');
  const checkpoint = segment && openNote(segment.checkpoint, key);
  const isRight =
    checkpoint && noteHash(segment.checkpoint) === state.previous && isStateOf(state, checkpoint);
  if (!isRight) throw new Error('The state of the sealer does not belong to the last checkpoint.');
  return { state, note: segment.checkpoint };
}

async function collect({ records, now }: SealPorts, state: SealState, from: number) {
  const to = now() - SETTLE_MS;
  const found = await records(iso(from), iso(to));
  const { ready, waiting } = withoutGaps(inOrder(found, state), state, now());
  const isCut = ready.length > MAX_RECORDS;
  return {
    lines: ready.slice(0, MAX_RECORDS).map(({ line }) => line),
    waiting,
    isCut,
    readUntil: isCut || waiting > 0 ? state.readUntil : iso(to),
  };
}

async function signState(
  { origin, signer, now }: SealPorts,
  state: SealState,
  key: CheckpointKey,
): Promise<string> {
  const text = checkpointText({
    origin,
    size: state.size,
    root: rootHash(frontierOf(state)),
    time: iso(now()),
    previous: state.previous,
    heads: headsHash(state),
  });
  return signedNote(text, key, await signer.sign(text));
}

/** While nothing is written, the range of time that each run reads would grow. */
async function noteReading({ notes }: SealPorts, state: SealState, readUntil: string): Promise<void> {
  const isDue = state.size > 0 && Date.parse(readUntil) - Date.parse(state.readUntil) > IDLE_MS;
  if (isDue) await notes.put(STATE, JSON.stringify({ ...state, readUntil }));
}

/** Writes the records, then the segment. Of an interrupted run, what was written counts. */
async function append(
  ports: SealPorts,
  { state, key }: { state: SealState; key: CheckpointKey },
  lines: readonly string[],
): Promise<Sealed> {
  const { archive } = ports;
  const next = advance(state, lines);
  const segment: Segment = {
    format: 1,
    first: state.size,
    count: lines.length,
    frontier: state.frontier,
    leaves: lines.map((line) => leafHash(line).toString('hex')),
    checkpoint: await signState(ports, next, key),
  };
  const name = segmentName(state.size);
  const isNew = (await archive.putOnce(name, JSON.stringify(segment))) === 'written';
  const written = isNew ? segment : parseSegment((await archive.get(name)) ?? '');
  const checkpoint = written && openNote(written.checkpoint, key);
  if (!checkpoint || !isStateOf(next, checkpoint)) throw new Error('The log has another segment here.');
  return { state: { ...next, previous: noteHash(written.checkpoint) }, note: written.checkpoint };
}

/** Lines of the next segment: those of an interrupted run, which are already in the archive, or new ones. */
async function nextLines(ports: SealPorts, state: SealState, from: number) {
  const { archive } = ports;
  const name = recordsName(state.size);
  const collected = await collect(ports, state, from);
  if (collected.lines.length === 0) return collected;
  const text = collected.lines.map((line) => `${line}\n`).join('');
  if ((await archive.putOnce(name, text)) === 'written') return collected;
  const lines = linesIn((await archive.get(name)) ?? '');
  return { ...collected, lines, isCut: true, readUntil: state.readUntil };
}

export function createSealer(ports: SealPorts) {
  const { notes, signer, origin, now } = ports;

  /**
   * Seals new records, as long as there is time.
   * @param options.reconcile reads the last day again, for records that came later than the overlap of two runs
   */
  return async (options: { reconcile?: boolean; hasTime?: () => boolean } = {}): Promise<SealReport> => {
    const { reconcile = false, hasTime = () => true } = options;
    const key = checkpointKey(origin, await signer.publicKey());
    let { state, note } = await readState(ports, key);
    const first = state.size;
    const damages: Damage[] = [];
    let isCut = true;
    let waiting = 0;
    for (let run = 0; isCut && (run === 0 || hasTime()); run += 1) {
      const start = state.readUntil === '' ? now() - RECONCILE_MS : Date.parse(state.readUntil) - OVERLAP_MS;
      const from = reconcile ? Math.min(start, now() - RECONCILE_MS) : start;
      const next = await nextLines(ports, state, from);
      ({ isCut, waiting } = next);
      if (next.lines.length === 0) {
        await noteReading(ports, state, next.readUntil);
        break;
      }
      damages.push(...damagesIn(next.lines, state));
      ({ state, note } = await append(ports, { state, key }, next.lines));
      state = { ...state, readUntil: next.readUntil };
      await notes.put(STATE, JSON.stringify(state));
    }
    return { size: state.size, sealed: state.size - first, waiting, damages, checkpoint: note };
  };
}
