// Text tools for exact results that models compute unreliably: sums, counts, hashes and differences.
import { createHash } from 'node:crypto';
import * as z from 'zod';

import { evaluate, FUNCTION_NAMES, MAX_EXPRESSION } from './calculator.ts';
import { resultFields } from './rational.ts';
import { diff } from './text-diff.ts';
import { defineTool, type Tool } from '#shared/tools/tool.ts';

const annotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
const text = z.string().max(100_000);

const calculate = defineTool({
  name: 'calc_evaluate',
  title: 'Calculate',
  description: `Evaluates an arithmetic expression exactly: + - * / % ^, parentheses, pi, e, ${FUNCTION_NAMES.join(', ')}. Angles are radians; round(x, places) rounds halves away from zero.`,
  input: z.strictObject({ expression: z.string().min(1).max(MAX_EXPRESSION) }),
  output: z.object({
    result: z.string().describe('In decimal, at most 30 places after the point'),
    exact: z.boolean().describe('false where the result was rounded'),
  }),
  annotations,
  examples: [{ expression: 'round(1249.99 * 1.19, 2)' }, { expression: '(1 + 0.035)^12' }],
  async run({ expression }) {
    return { output: resultFields(evaluate(expression)) };
  },
});

const count = defineTool({
  name: 'text_count',
  title: 'Count in a text',
  description: 'Counts the characters, words, lines and UTF-8 bytes of a text.',
  input: z.strictObject({ text }),
  output: z.object({
    characters: z.number().int().describe('Unicode code points'),
    words: z.number().int().describe('Separated by white space'),
    lines: z.number().int(),
    bytes: z.number().int(),
  }),
  annotations,
  examples: [{ text: 'Two words\nand a line' }],
  async run({ text: counted }) {
    return {
      output: {
        characters: Array.from(counted).length,
        words: counted.match(/\S+/g)?.length ?? 0,
        lines: counted === '' ? 0 : counted.split(/\r\n|\r|\n/).length,
        bytes: Buffer.byteLength(counted),
      },
    };
  },
});

const hash = defineTool({
  name: 'text_hash',
  title: 'Hash a text',
  description:
    'Hashes the UTF-8 bytes of a text. Not for passwords or keys: arguments are no place for secrets.',
  input: z.strictObject({ text, algorithm: z.enum(['sha256', 'sha384', 'sha512']).default('sha256') }),
  output: z.object({ algorithm: z.string(), hex: z.string() }),
  annotations,
  examples: [{ text: 'abc' }],
  async run({ text: hashed, algorithm }) {
    return { output: { algorithm, hex: createHash(algorithm).update(hashed, 'utf8').digest('hex') } };
  },
});

export const textTools: readonly Tool[] = [calculate, count, hash, diff];
