// Line-by-line difference between two texts. The algorithm is loaded by the first call.
import * as z from 'zod';

import { defineTool } from '#shared/tools/tool.ts';

import type { Lines } from './line-diff.ts';

const MAX_LINES = 5000;

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
    const { lineDiff } = await import('./line-diff.ts');
    return { output: lineDiff({ before: linesOf(before), after: linesOf(after) }, context) };
  },
});
