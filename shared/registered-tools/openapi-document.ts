// An OpenAPI document from outside, read within bounds: JSON or YAML, its references followed inside it alone.
import { parse } from 'yaml';

import { AppError } from '#shared/core/errors.ts';
import { parseJson } from '#shared/core/scan-json.ts';

export type Json = Readonly<Record<string, unknown>>;

const MAX_DOCUMENT_BYTES = 2 * 1024 * 1024;
const BOUNDS = { depth: 64, nodes: 200_000, values: 'rounded' } as const;
/** A list of aliases to aliases doubles with each line. */
const MAX_ALIASES = 100;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const rejectDocument = (message: string): never => {
  throw new AppError('invalid_input', 'The document is not supported.', {
    issues: [{ path: 'body.document', message }],
  });
};

/** Checks the size of the parsed value, which may exceed its YAML text: each use of an alias repeats the value. */
function isBounded(value: unknown): boolean {
  let nodes = 0;
  const within = (one: unknown, depth: number): boolean => {
    nodes += 1;
    if (nodes > BOUNDS.nodes || depth > BOUNDS.depth) return false;
    if (typeof one !== 'object' || one === null) return true;
    return Object.values(one).every((inner) => within(inner, depth + 1));
  };
  return within(value, 0);
}

/** Many levels on one line: what the parser of YAML would take minutes for. Deeper ones by indentation take more text. */
const LEVELS_AT_ONCE = /^[ \t]*(?:[-?:][ \t]+){32}/m;

function isFlat(text: string): boolean {
  let depth = 0;
  for (const [mark] of text.matchAll(/[[\]{}]/g)) {
    depth = Math.max(0, depth + (mark === '[' || mark === '{' ? 1 : -1));
    if (depth > BOUNDS.depth) return false;
  }
  return !LEVELS_AT_ONCE.test(text);
}

function read(text: string): unknown {
  if (text.trimStart().startsWith('{')) return parseJson(text, BOUNDS);
  if (!isFlat(text)) return undefined;
  try {
    const value: unknown = parse(text, { maxAliasCount: MAX_ALIASES, uniqueKeys: true, logLevel: 'error' });
    return isBounded(value) ? value : undefined;
  } catch {
    return undefined; // no `cause`: it quotes the document
  }
}

/** Converts a document of Swagger 2.0; undefined if it cannot. */
export type Convert = (document: Json) => Json | undefined;

const isSwagger = ({ swagger }: Json): boolean => String(swagger).startsWith('2.');

/** @throws {AppError} `invalid_input` */
export function openApiIn(text: string, convert?: Convert): Json {
  if (Buffer.byteLength(text) > MAX_DOCUMENT_BYTES) rejectDocument('is larger than 2 MiB');
  const given = read(text);
  if (isObject(given) && isSwagger(given) && convert) {
    return (
      convert(given) ?? rejectDocument('is a Swagger 2.0 document that cannot be converted to OpenAPI 3')
    );
  }
  if (!isObject(given) || !/^3\.[012]\./.test(String(given['openapi']))) {
    return rejectDocument('must be an OpenAPI 3 or Swagger 2.0 document, as JSON or YAML');
  }
  return given;
}

export class Unusable extends Error {}

/** @throws {Unusable} for a reference to outside, or to nothing */
export function lookUp(document: Json, reference: unknown): unknown {
  if (typeof reference !== 'string' || !reference.startsWith('#/'))
    throw new Unusable('refers to something outside the document');
  let found: unknown = document;
  for (const step of reference.slice(2).split('/')) {
    const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name))
      throw new Unusable('refers to something that is not in the document');
    found = (found as Json)[name];
  }
  return found;
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    throw new Unusable('refers to something that is not in the document');
  }
}

/** An object, or what its references lead to. They have an end: no more than ten in a row. */
export function followed(document: Json, value: unknown, left = 10): Json {
  if (!isObject(value)) return {};
  if (!('$ref' in value)) return value;
  if (left === 0) throw new Unusable('refers to itself');
  return followed(document, lookUp(document, value['$ref']), left - 1);
}
