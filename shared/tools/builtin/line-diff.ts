// Difference of two lists of lines: a shortest edit script, found by the package diff, as a unified diff.
import { diffArrays } from 'diff';

import { AppError } from '#shared/core/errors.ts';

/** The work grows with its square. */
const MAX_CHANGES = 1000;

type Edit = { readonly sign: ' ' | '-' | '+'; readonly text: string };
export type Lines = readonly string[];

/** @throws {AppError} `invalid_input` for texts that have little in common */
function editsOf(before: Lines, after: Lines): Edit[] {
  const changes = diffArrays([...before], [...after], { maxEditLength: MAX_CHANGES });
  if (!changes) {
    throw new AppError('invalid_input', `The texts differ in more than ${MAX_CHANGES} lines.`, {
      next_step: 'Compare smaller parts of them.',
    });
  }
  return changes.flatMap(({ added, removed, value }) =>
    value.map((text): Edit => ({ sign: added ? '+' : removed ? '-' : ' ', text })),
  );
}

/** From and to (exclusive) of each stretch of changes, with the lines around it. */
function stretches(edits: readonly Edit[], context: number): [number, number][] {
  const found: [number, number][] = [];
  for (const [index, { sign }] of edits.entries()) {
    if (sign === ' ') continue;
    const [from, to] = [Math.max(0, index - context), Math.min(edits.length, index + context + 1)];
    const last = found.at(-1);
    if (last && from <= last[1]) last[1] = to;
    else found.push([from, to]);
  }
  return found;
}

const count = (edits: readonly Edit[], sign: Edit['sign']) =>
  edits.filter((edit) => edit.sign !== sign).length;

/** As `diff -u` counts: a stretch without lines is named by the line before it. */
const range = (linesBefore: number, size: number) => `${size === 0 ? linesBefore : linesBefore + 1},${size}`;

function unified(edits: readonly Edit[], context: number): string {
  return stretches(edits, context)
    .flatMap(([from, to]) => {
      const [earlier, own] = [edits.slice(0, from), edits.slice(from, to)];
      const before = range(count(earlier, '+'), count(own, '+'));
      const after = range(count(earlier, '-'), count(own, '-'));
      return [`@@ -${before} +${after} @@`, ...own.map(({ sign, text }) => sign + text)];
    })
    .join('\n');
}

/** @throws {AppError} `invalid_input` for texts that have little in common */
export function lineDiff(
  { before, after }: { readonly before: Lines; readonly after: Lines },
  context: number,
) {
  const edits = editsOf(before, after);
  const of = (wanted: Edit['sign']) => edits.filter(({ sign }) => sign === wanted).length;
  const [added, removed] = [of('+'), of('-')];
  return { same: added + removed === 0, added, removed, diff: unified(edits, context) };
}
