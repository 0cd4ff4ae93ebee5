// Files of the audit log in a folder, as units for the verifier: see docs/formats.md.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { CheckpointKey } from '#shared/audit/checkpoint.ts';
import { openNote } from '#shared/audit/checkpoint.ts';
import { EXPORT_FILES, exportDamage, type ExportFiles, Manifest } from '#shared/audit/export-files.ts';
import { linesIn, parseSegment, recordsName } from '#shared/audit/segment.ts';
import { createLogVerifier, type Damage, type LogUnit } from '#shared/audit/verification.ts';

type ExportUnit = LogUnit & {
  readonly hour: string;
  readonly manifest: unknown;
  readonly files: ExportFiles;
};

const readText = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
const list = (folder: string) => (existsSync(folder) ? readdirSync(folder).toSorted() : []);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readExport(folder: string, hour: string): ExportUnit | undefined {
  const path = join(folder, 'exports', hour);
  const manifest = readText(join(path, 'manifest.json'));
  if (manifest === '') return undefined;
  const files = Object.fromEntries(
    EXPORT_FILES.map((name) => [name, readText(join(path, name))]),
  ) as ExportFiles;
  const segments = linesIn(files['segments.jsonl']).map((line) => parseSegment(line));
  return { hour, manifest: parseJson(manifest), files, segments, lines: linesIn(files['records.jsonl']) };
}

const firstOf = ({ segments }: LogUnit) => segments.find((segment) => segment)?.first ?? Infinity;
const endOf = ({ segments }: LogUnit) =>
  Math.max(0, ...segments.map((segment) => (segment ? segment.first + segment.count : 0)));

/** Exports in the order of their first index. Their files are read twice, so that only one is held at a time. */
function* exportsIn(folder: string): Generator<ExportUnit> {
  const hours = list(join(folder, 'exports')).flatMap((hour) => {
    const unit = readExport(folder, hour);
    return unit ? [{ hour, first: firstOf(unit) }] : [];
  });
  for (const { hour } of hours.toSorted((a, b) => a.first - b.first)) {
    const unit = readExport(folder, hour);
    if (unit) yield unit;
  }
}

function* segmentsIn(folder: string, from: number): Generator<LogUnit> {
  for (const name of list(join(folder, 'log'))) {
    const [, digits] = /^(\d{16})\.segment\.json$/.exec(name) ?? [];
    if (digits === undefined || Number(digits) < from) continue;
    const lines = linesIn(readText(join(folder, recordsName(Number(digits)))));
    yield { segments: [parseSegment(readText(join(folder, 'log', name)))], lines };
  }
}

function damageOfExport({ hour, manifest, files, lines }: ExportUnit, first: number): Damage | undefined {
  const parsed = Manifest.safeParse(manifest);
  const stated = parsed.success && parsed.data.first === first ? parsed.data : undefined;
  const kind = exportDamage(hour, { manifest: stated, files, lines });
  return kind && { kind, index: first };
}

export type FolderReport = {
  readonly records: number;
  readonly size: number;
  /** Time of the last verified checkpoint. */
  readonly time?: string | undefined;
  readonly damage: Damage | null;
};

/** Units in the order of verification, with the check of their other files. */
function* unitsIn(
  folder: string,
): Generator<LogUnit & { readonly check: (first: number) => Damage | undefined }> {
  let end = 0;
  for (const unit of exportsIn(folder)) {
    yield { ...unit, check: (first) => damageOfExport(unit, first) };
    end = Math.max(end, endOf(unit));
  }
  for (const unit of segmentsIn(folder, end)) yield { ...unit, check: () => undefined };
}

/**
 * Verifies a folder up to its first damage.
 * @param options.held checkpoint that the auditor has from elsewhere
 */
export function verifyFolder(
  folder: string,
  key: CheckpointKey,
  options: { from?: number; held?: string | undefined; onProgress?: (size: number) => void } = {},
): FolderReport {
  const { from = 0, onProgress = () => undefined } = options;
  const verifier = createLogVerifier(key, from);
  const report = (damage: Damage | null): FolderReport => ({
    records: verifier.size() - from,
    size: verifier.size(),
    time: verifier.last()?.time,
    damage,
  });
  const notes: (string | undefined)[] = [];
  for (const unit of unitsIn(folder)) {
    const first = verifier.size();
    const damage = verifier.add(unit) ?? unit.check(first);
    if (damage) return report(damage);
    notes.push(...unit.segments.map((segment) => segment?.checkpoint));
    onProgress(verifier.size());
  }
  const { held } = options;
  const isMissing = held !== undefined && !notes.includes(held);
  return report(isMissing ? heldDamage(held, key, verifier.size()) : null);
}

function heldDamage(held: string, key: CheckpointKey, size: number): Damage {
  const checkpoint = openNote(held, key);
  if (!checkpoint) return { kind: 'checkpoint_invalid', index: size };
  return {
    kind: checkpoint.size > size ? 'log_truncated' : 'history_rewritten',
    index: checkpoint.size,
  };
}
