// Exporter: writes the segments of each complete hour as files for auditors, then lets the exported rows of the table expire. Rows
// without an export never expire, so an exporter that is down delays deletions and loses nothing.
import * as z from 'zod';

import { canonicalJson } from '#shared/core/canonical-json.ts';

import type { Archive, ArchiveNotes } from './archive.ts';
import type { CheckpointKey } from './checkpoint.ts';
import { openNote } from './checkpoint.ts';
import { exportFolder, exportOfHour } from './export-files.ts';
import type { Category } from './record.ts';
import { linesIn, parseSegment, recordsName, type Segment, segmentName } from './segment.ts';
import { createLogVerifier } from './verification.ts';

const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;
/** A row outlives its retention by this: DynamoDB deletes late, and an operator may still place a hold. */
export const GRACE_DAYS = 7;
/** The last checkpoint of an hour is written by then. */
const SEALED_MS = 2 * 60_000;
const STATE = 'sealer/export.json';
/** Rows that are updated at once. */
const AT_ONCE = 16;

export type RetentionDays = Readonly<Record<Category, number>>;

/** Fields of a record that its export needs. */
const Exported = z.object({
  ownerId: z.string(),
  ts: z.string(),
  eventId: z.string(),
  category: z.string(),
});
export type ExportedRecord = z.infer<typeof Exported>;

/** Place of a record in the archive: first index of its segment, and its position in it. */
export type LogPlace = { readonly first: number; readonly n: number };

/** Port. Rows of exported records in the table. */
export type ExportedRows = {
  /** `rec` of each row by event id; rows that do not exist are absent. */
  readonly read: (records: readonly ExportedRecord[]) => Promise<ReadonlyMap<string, string>>;
  /** Sets the time to live, once. @param ttl seconds */
  readonly expire: (record: ExportedRecord, row: { ttl: number; place: LogPlace }) => Promise<void>;
};

export type ExportDamage = Pick<ExportedRecord, 'ownerId' | 'ts' | 'eventId'> & {
  readonly change: 'MODIFY' | 'REMOVE';
};

export type ExportPorts = {
  readonly archive: Archive;
  readonly notes: ArchiveNotes;
  readonly rows: ExportedRows;
  /** Owners whose records may not be deleted; `*` for all. */
  readonly holds: () => Promise<ReadonlySet<string>>;
  readonly key: () => Promise<CheckpointKey>;
  readonly retentionDays: RetentionDays;
  readonly now: () => number;
  /** Runs an effect once for its name, however often the schedule is delivered. */
  readonly once: (name: string, run: () => Promise<HourReport>) => Promise<HourReport>;
};

export type HourReport = {
  readonly hour: string;
  readonly end: number;
  readonly exported: number;
  readonly expiring: number;
  readonly held: number;
  readonly damages: readonly ExportDamage[];
};

const State = z.strictObject({ next: z.number().int() });
type Part = { readonly segment: Segment; readonly lines: readonly string[] };

const hourOf = (segment: Segment, key: CheckpointKey): string => {
  const checkpoint = openNote(segment.checkpoint, key);
  if (checkpoint) return checkpoint.time.slice(0, 13);
  throw new Error('A segment has no valid checkpoint.');
};

const isComplete = (hour: string, now: number) =>
  Date.parse(`${hour}:00:00.000Z`) + HOUR_MS + SEALED_MS <= now;

const toExported = (line: string): ExportedRecord => Exported.parse(JSON.parse(line));

/** Seconds at which DynamoDB may delete the row. */
export const ttlOf = (
  { ts, category }: Pick<ExportedRecord, 'ts' | 'category'>,
  days: RetentionDays,
): number => Math.ceil((Date.parse(ts) + ((days[category as Category] ?? 0) + GRACE_DAYS) * DAY_MS) / 1000);

async function readPart(archive: Archive, first: number): Promise<Part> {
  const segment = parseSegment((await archive.get(segmentName(first))) ?? '');
  if (!segment) throw new Error('A segment of the log cannot be read.');
  return { segment, lines: linesIn((await archive.get(recordsName(first))) ?? '') };
}

/** Segments of the next complete hour. */
async function nextHour(
  { archive, now }: ExportPorts,
  next: number,
  key: CheckpointKey,
): Promise<{ hour: string; parts: Part[] } | undefined> {
  const parts: Part[] = [];
  let hour: string | undefined;
  for (const name of await archive.list('log/', segmentName(next - 1))) {
    const [, digits] = /^log\/(\d{16})\.segment\.json$/.exec(name) ?? [];
    if (digits === undefined || Number(digits) < next) continue;
    const part = await readPart(archive, Number(digits));
    hour ??= hourOf(part.segment, key);
    if (!isComplete(hour, now())) return undefined;
    if (hourOf(part.segment, key) !== hour) break;
    parts.push(part);
  }
  return hour === undefined ? undefined : { hour, parts };
}

/** An interrupted run may have written the same file before. */
async function putFile(archive: Archive, name: string, text: string): Promise<void> {
  if ((await archive.putOnce(name, text)) === 'written') return;
  if ((await archive.get(name)) !== text) throw new Error('An export has another file of this name.');
}

async function writeFiles(
  { archive, retentionDays }: ExportPorts,
  hour: string,
  parts: readonly Part[],
): Promise<void> {
  const segments = parts.map(({ segment }) => segment);
  const lines = parts.flatMap((part) => part.lines);
  const { files, manifest } = exportOfHour(hour, { segments, lines }, retentionDays);
  for (const [name, text] of Object.entries(files))
    await putFile(archive, `${exportFolder(hour)}/${name}`, text);
  await putFile(archive, `${exportFolder(hour)}/manifest.json`, canonicalJson(manifest));
}

/** Compares the rows with what was exported, and sets the time to live of the equal ones. */
async function expireRows(
  { rows, retentionDays }: ExportPorts,
  { segment, lines }: Part,
  held: ReadonlySet<string>,
) {
  const records = lines.map(toExported);
  const stored = await rows.read(records);
  const counts = { expiring: 0, held: 0 };
  const damages: ExportDamage[] = [];
  const expire = async (record: ExportedRecord, n: number) => {
    const { eventId, ownerId, ts } = record;
    const rec = stored.get(eventId);
    if (rec !== lines[n]) {
      damages.push({ eventId, ownerId, ts, change: rec === undefined ? 'REMOVE' : 'MODIFY' });
    } else if (held.has('*') || held.has(ownerId)) {
      counts.held += 1;
    } else {
      await rows.expire(record, { ttl: ttlOf(record, retentionDays), place: { first: segment.first, n } });
      counts.expiring += 1;
    }
  };
  for (let n = 0; n < records.length; n += AT_ONCE) {
    await Promise.all(records.slice(n, n + AT_ONCE).map((record, at) => expire(record, n + at)));
  }
  return { ...counts, damages };
}

async function exportHour(
  ports: ExportPorts,
  { hour, parts }: { hour: string; parts: readonly Part[] },
  key: CheckpointKey,
): Promise<HourReport> {
  const first = parts[0]?.segment.first ?? 0;
  const verifier = createLogVerifier(key, first);
  for (const { segment, lines } of parts) {
    const damage = verifier.add({ segments: [segment], lines });
    // Chain damage is under a valid signature: the sealer reported it.
    if (damage && !damage.kind.startsWith('chain_'))
      throw new Error(`The archive is damaged: ${damage.kind}.`);
  }
  await writeFiles(ports, hour, parts);
  const held = await ports.holds();
  let report: HourReport = { hour, end: verifier.size(), exported: 0, expiring: 0, held: 0, damages: [] };
  for (const part of parts) {
    const own = await expireRows(ports, part, held);
    report = {
      ...report,
      exported: report.exported + part.lines.length,
      expiring: report.expiring + own.expiring,
      held: report.held + own.held,
      damages: [...report.damages, ...own.damages],
    };
  }
  return report;
}

export function createExporter(ports: ExportPorts) {
  const { notes, once } = ports;

  /** Exports all complete hours, as long as there is time. */
  return async (hasTime: () => boolean = () => true): Promise<HourReport[]> => {
    const key = await ports.key();
    const reports: HourReport[] = [];
    const text = await notes.get(STATE);
    let next = text === undefined ? 0 : State.parse(JSON.parse(text)).next;
    while (reports.length === 0 || hasTime()) {
      const due = await nextHour(ports, next, key);
      if (!due) break;
      const report = await once(due.hour, () => exportHour(ports, due, key));
      reports.push(report);
      next = report.end;
      await notes.put(STATE, JSON.stringify({ next }));
    }
    return reports;
  };
}
