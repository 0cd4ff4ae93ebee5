// Line-by-line difference between two texts: a shortest edit script, found by the package diff.
import { diffArrays } from 'diff';
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';

import { defineTool } from '#shared/tools/tool.ts';

const MAX_LINES = 5000;
/** The work grows with its square. */
const MAX_CHANGES = 1000;

type Edit = { readonly sign: ' ' | '-' | '+'; readonly text: string };
type Lines = readonly string[];

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

const linesOf = (text: string): Lines => (text === '' ? [] : text.split(/\r\n|\r|\n/));
const Text = z
  .string()
  .max(100_000)
  .refine((text) => linesOf(text).length <= MAX_LINES, `has more than ${MAX_LINES} lines`);

export const diff = defineTool({
  name: 'text_diff',
  title: 'Compare two texts',
  description: 'Compares two texts line by line, as a unified diff. How lines end makes no difference.',
  input: z.strictObject({
    before: Text,
    after: Text,
    context: z.number().int().min(0).max(10).default(3).describe('Unchanged lines shown around a change'),
  }),
  output: z.object({
    same: z.boolean(),
    added: z.number().int(),
    removed: z.number().int(),
    diff: z.string().describe('Empty where nothing has changed'),
  }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  examples: [{ before: 'milk\nbread', after: 'milk\nbutter\nbread' }],
  async run({ before, after, context }) {
    const edits = editsOf(linesOf(before), linesOf(after));
    const of = (wanted: Edit['sign']) => edits.filter(({ sign }) => sign === wanted).length;
    const [added, removed] = [of('+'), of('-')];
    const output = { same: added + removed === 0, added, removed, diff: unified(edits, context) };
    return { output };
  },
});
