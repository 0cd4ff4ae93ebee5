// What a model is bad at and a machine is not: exact sums, counts, hashes, and finding a value in a document.
import { createHash } from 'node:crypto';
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { parseJson } from '#shared/core/scan-json.ts';

import { evaluate, FUNCTION_NAMES, MAX_EXPRESSION } from './calculator.ts';
import { told } from './rational.ts';
import { defineTool, type Tool } from './tool.ts';

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
    return { output: told(evaluate(expression)) };
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

const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
};

/** One step of an RFC 6901 pointer; undefined where there is nothing. */
function step(value: unknown, part: string): unknown {
  const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
  if (Array.isArray(value)) return /^(?:0|[1-9]\d{0,8})$/.test(name) ? value[Number(name)] : undefined;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function parsed(json: string): unknown {
  try {
    return parseJson(json);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError('invalid_input', error.message.replace('body', 'document'), {
      issues: [{ path: 'parameters.json', message: 'must be one bounded JSON document' }],
    });
  }
}

const query = defineTool({
  name: 'json_query',
  title: 'Find a value in JSON',
  description:
    'Finds the value at a JSON Pointer (RFC 6901), as in /items/0/name; the empty pointer is the whole document.',
  input: z.strictObject({
    json: z.string().min(1).max(100_000).describe('The document, as text'),
    pointer: z
      .string()
      .max(1000)
      .regex(/^(?:\/(?:[^~]|~[01])*)?$/)
      .default('')
      .describe('~0 stands for ~, ~1 for /'),
  }),
  output: z.object({
    found: z.boolean(),
    type: z.string().optional(),
    value: z.unknown().optional(),
    size: z.number().int().optional().describe('Of an array or object'),
  }),
  annotations,
  examples: [{ json: '{"items":[{"name":"milk"}]}', pointer: '/items/0/name' }],
  async run({ json, pointer }) {
    const value = pointer.split('/').slice(1).reduce(step, parsed(json));
    if (value === undefined) return { output: { found: false } };
    const size = typeof value === 'object' && value !== null ? Object.keys(value).length : undefined;
    return { output: { found: true, type: typeOf(value), value, ...(size !== undefined && { size }) } };
  },
});

export const textTools: readonly Tool[] = [calculate, count, hash, query];
