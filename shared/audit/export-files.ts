// Files of an export: records as JSON Lines and CSV, segments, and the manifest that commits them. docs/formats.md has the format.
import { hash } from 'node:crypto';

import * as z from 'zod';

import { canonicalJson } from '#shared/core/canonical-json.ts';

import type { Segment } from './segment.ts';

const COLUMNS = [
  'eventId',
  'ts',
  'ownerId',
  'category',
  'act',
  'result',
  'code',
  'target',
  'requestId',
  'keys',
  'meta',
  'w',
  'seq',
] as const;

const FileFacts = z.strictObject({ bytes: z.number().int(), sha256: z.string() });

export const Manifest = z.strictObject({
  format: z.literal(1),
  /** `2026-11-28T19` */
  hour: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d$/),
  first: z.number().int().min(0),
  count: z.number().int().min(1),
  categories: z.record(z.string(), z.number().int()),
  retention_days: z.record(z.string(), z.number().int()),
  files: z.strictObject({
    'records.csv': FileFacts,
    'records.jsonl': FileFacts,
    'segments.jsonl': FileFacts,
  }),
});
export type Manifest = z.infer<typeof Manifest>;

export const EXPORT_FILES = ['records.csv', 'records.jsonl', 'segments.jsonl'] as const;
export type ExportFiles = Readonly<Record<(typeof EXPORT_FILES)[number], string>>;

export const exportFolder = (hour: string): string => `exports/${hour}`;

/** A spreadsheet takes a cell that begins with one of these characters for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: unknown): string {
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : canonicalJson(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const parse = (line: string) => JSON.parse(line) as Readonly<Record<string, unknown>>;

const toCsv = (lines: readonly string[]): string =>
  [COLUMNS.join(','), ...lines.map((line) => csvLine(parse(line)))].map((row) => `${row}\r\n`).join('');

const csvLine = (record: Readonly<Record<string, unknown>>) =>
  COLUMNS.map((name) => cell(record[name])).join(',');

export const toJsonLines = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

function countCategories(lines: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of lines) {
    const category = String(parse(line)['category']);
    counts[category] = (counts[category] ?? 0) + 1;
  }
  return counts;
}

const factsOfFile = (text: string) => ({
  bytes: Buffer.byteLength(text),
  sha256: hash('sha256', text, 'hex'),
});

/** @param segments of one hour, in order. @param lines all their records */
export function exportOfHour(
  hour: string,
  { segments, lines }: { segments: readonly Segment[]; lines: readonly string[] },
  retentionDays: Readonly<Record<string, number>>,
): { files: ExportFiles; manifest: Manifest } {
  const files = {
    'records.csv': toCsv(lines),
    'records.jsonl': toJsonLines(lines),
    'segments.jsonl': toJsonLines(segments.map((segment) => canonicalJson(segment))),
  };
  const manifest = {
    format: 1,
    hour,
    first: segments[0]?.first ?? 0,
    count: lines.length,
    categories: countCategories(lines),
    retention_days: { ...retentionDays },
    files: {
      'records.csv': factsOfFile(files['records.csv']),
      'records.jsonl': factsOfFile(files['records.jsonl']),
      'segments.jsonl': factsOfFile(files['segments.jsonl']),
    },
  } as const;
  return { files, manifest };
}

/**
 * Damage of the files beside the records, whose lines and segments were verified before.
 * @param unit.manifest undefined if it has another form or another first index
 */
export function exportDamage(
  folder: string,
  {
    manifest,
    files,
    lines,
  }: { manifest: Manifest | undefined; files: ExportFiles; lines: readonly string[] },
): 'csv_changed' | 'manifest_changed' | undefined {
  if (files['records.csv'] !== toCsv(lines)) return 'csv_changed';
  if (!manifest) return 'manifest_changed';
  const { hour, count, categories } = manifest;
  const expected = {
    hour: folder,
    count: lines.length,
    categories: countCategories(lines),
    files: Object.fromEntries(EXPORT_FILES.map((name) => [name, factsOfFile(files[name])])),
  };
  const stated = { hour, count, categories, files: manifest.files };
  return canonicalJson(stated) === canonicalJson(expected) ? undefined : 'manifest_changed';
}
