// Line-by-line difference between two texts: Myers' algorithm, which finds a shortest edit script.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';

import { defineTool } from '#shared/tools/tool.ts';

const MAX_LINES = 5000;
/** The work grows with its square. */
const MAX_CHANGES = 1000;

type Edit = { readonly sign: ' ' | '-' | '+'; readonly text: string };
type Lines = readonly string[];

/** Furthest x on each diagonal before each further change; the last one reaches both ends. Undefined: too many. */
function reaches(before: Lines, after: Lines): Int32Array[] | undefined {
  const offset = MAX_CHANGES + 1;
  const far = new Int32Array(2 * offset + 1);
  const steps: Int32Array[] = [];
  for (let changes = 0; changes <= MAX_CHANGES; changes += 1) {
    steps.push(far.slice(offset - changes - 1, offset + changes + 2));
    for (let k = -changes; k <= changes; k += 2) {
      let x = isDown(far, offset + k, { k, changes }) ? at(far, offset + k + 1) : at(far, offset + k - 1) + 1;
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x += 1;
      far[offset + k] = x;
      if (x >= before.length && x - k >= after.length) return steps;
    }
  }
  return undefined;
}

const at = (far: Int32Array, index: number): number => far[index] ?? 0;

/** Whether the path to a diagonal comes from the one above it, by a line that is new. */
const isDown = (far: Int32Array, index: number, { k, changes }: { k: number; changes: number }): boolean =>
  k === -changes || (k !== changes && at(far, index - 1) < at(far, index + 1));

/** Position on the path to this diagonal before its last change; the start of both texts if there was none. */
function cameFrom(far: Int32Array, k: number, changes: number): readonly [x: number, y: number] {
  if (changes === 0) return [0, 0];
  const from = isDown(far, changes + 1 + k, { k, changes }) ? k + 1 : k - 1;
  const x = at(far, changes + 1 + from);
  return [x, x - from];
}

/** @throws {AppError} `invalid_input` for texts that have little in common */
function editsOf(before: Lines, after: Lines): Edit[] {
  const steps = reaches(before, after);
  if (!steps) {
    throw new AppError('invalid_input', `The texts differ in more than ${MAX_CHANGES} lines.`, {
      next_step: 'Compare smaller parts of them.',
    });
  }
  const edits: Edit[] = [];
  let [x, y] = [before.length, after.length];
  for (const [changes, far] of [...steps.entries()].toReversed()) {
    const [x0, y0] = cameFrom(far, x - y, changes);
    for (; x > x0 && y > y0; x -= 1, y -= 1) edits.push({ sign: ' ', text: before[x - 1] ?? '' });
    if (x > x0) edits.push({ sign: '-', text: before[x0] ?? '' });
    if (y > y0) edits.push({ sign: '+', text: after[y0] ?? '' });
    [x, y] = [x0, y0];
  }
  return edits.toReversed();
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
