// A segment: the records that one checkpoint added to the log, with what is needed to verify it alone. docs/formats.md has the
// format.
import * as z from 'zod';

import type { Frontier } from './merkle.ts';

const Hash = z.string().regex(/^[0-9a-f]{64}$/);

export const Segment = z.strictObject({
  format: z.literal(1),
  /** Index of its first record in the log. */
  first: z.number().int().min(0),
  count: z.number().int().min(1),
  /** Frontier of the log before this segment. */
  frontier: z.array(Hash),
  /** Leaf hashes of its records. */
  leaves: z.array(Hash),
  /** Signed note of the log including this segment. */
  checkpoint: z.string(),
});
export type Segment = z.infer<typeof Segment>;

/** Undefined for anything but a segment. */
export function parseSegment(text: string): Segment | undefined {
  try {
    return Segment.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export const frontierOfSegment = ({ first, frontier }: Segment): Frontier => ({
  size: first,
  hashes: frontier.map((hex) => Buffer.from(hex, 'hex')),
});

const nameOf = (first: number) => `log/${String(first).padStart(16, '0')}`;
export const segmentName = (first: number): string => `${nameOf(first)}.segment.json`;
export const recordsName = (first: number): string => `${nameOf(first)}.records.jsonl`;

/** Lines of a JSON Lines file. A last line without a line end is a line, so that a cut file is seen as changed. */
export function linesIn(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
