// JSON given as text: finding a value in it, checking it and laying it out.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { parseJson } from '#shared/core/scan-json.ts';

import { defineTool, type Tool } from '#shared/tools/tool.ts';

const annotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
const Json = z.string().min(1).max(100_000).describe('The document, as text');

const queryType = (value: unknown): string => {
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

const BOUNDS = { depth: 32, nodes: 5000 };

function parsed(json: string, values: 'exact' | 'unchecked' = 'exact'): unknown {
  try {
    return parseJson(json, { ...BOUNDS, values });
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
    json: Json,
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
    return { output: { found: true, type: queryType(value), value, ...(size !== undefined && { size }) } };
  },
});

/** Something empty, a string, a mark, or a number, true, false or null. */
const TOKENS = /\{\s*\}|\[\s*\]|"(?:[^"\\]+|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Only white space is touched: parsing and writing again would round long numbers. @param json a valid document */
function laidOut(json: string, indent: number): string {
  let depth = 0;
  const line = () => (indent === 0 ? '' : `\n${' '.repeat(indent * depth)}`);
  const written = (json.match(TOKENS) ?? []).map((token) => {
    if (token === '{' || token === '[') {
      depth += 1;
      return token + line();
    }
    if (token === '}' || token === ']') {
      depth -= 1;
      return line() + token;
    }
    if (token === ',') return token + line();
    if (token === ':') return indent === 0 ? token : ': ';
    return token.startsWith('"') ? token : token.replaceAll(/\s/g, '');
  });
  return written.join('');
}

const format = defineTool({
  name: 'json_format',
  title: 'Check and format JSON',
  description:
    'Checks whether a text is one JSON document, and reformats it. Names, numbers and their order stay as they are written.',
  input: z.strictObject({
    json: Json,
    indent: z.number().int().min(0).max(4).default(2).describe('Spaces per level; 0: all in one line'),
  }),
  output: z.object({
    valid: z.boolean(),
    problem: z.string().optional(),
    type: z.string().optional(),
    text: z.string().optional(),
  }),
  annotations,
  examples: [{ json: '{"b":[1,2],"a":{}}' }, { json: '[ 1, 2 ]', indent: 0 }],
  async run({ json, indent }) {
    try {
      const type = queryType(parsed(json, 'unchecked')); // the text is laid out, its values are not used
      return { output: { valid: true, type, text: laidOut(json, indent) } };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { output: { valid: false, problem: error.message } };
    }
  },
});

export const jsonTools: readonly Tool[] = [query, format];
