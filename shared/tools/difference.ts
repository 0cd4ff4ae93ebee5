// Differences between two JSON values, for people to read.
import * as z from 'zod';

import { ownProperty } from '#shared/core/own-property.ts';

export const Change = z.object({
  path: z.string(),
  approved: z.string().nullable(),
  now: z.string().nullable(),
});
export type Change = z.infer<typeof Change>;

const MAX_CHANGES = 50;
const MAX_TEXT = 300;

const isNode = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Hidden characters are shown by their number: they may be what has changed. */
function differenceText(value: unknown): string | null {
  if (value === undefined) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const visible = text.replaceAll(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (hidden) => `\\u{${hidden.codePointAt(0)?.toString(16)}}`,
  );
  return visible.length > MAX_TEXT ? `${visible.slice(0, MAX_TEXT)}…` : visible;
}

function* walk(approved: unknown, now: unknown, path: string): Generator<Change> {
  if (!isNode(approved) || !isNode(now) || Array.isArray(approved) !== Array.isArray(now)) {
    if (approved !== now) yield { path, approved: differenceText(approved), now: differenceText(now) };
    return;
  }
  for (const name of new Set([...Object.keys(approved), ...Object.keys(now)])) {
    yield* walk(ownProperty(approved, name), ownProperty(now, name), path === '' ? name : `${path}.${name}`);
  }
}

/** The first 50 changes, by path; long values cut. */
export function differenceOf(approved: unknown, now: unknown): Change[] {
  const changes: Change[] = [];
  for (const change of walk(approved, now, '')) {
    if (changes.push(change) === MAX_CHANGES) break;
  }
  return changes;
}
