// A JSON Schema from outside, before anything compiles it: small, plain, and with an end. What passes can be compiled and
// applied in time that grows with its data alone, so nothing has to be killed.
import { AppError } from '#shared/core/errors.ts';
import type { JsonSchema } from '#shared/tools/registered.ts';

import { isLinear } from './pattern.ts';
import { faultIn } from './plain-text.ts';

const MAX_BYTES = 32 * 1024;
const MAX_DEPTH = 16;
/** With every reference followed: `allOf` of two references doubles with each step. */
const MAX_SUBSCHEMAS = 512;
const MAX_TEXT = 4000;
const MAX_NAME = 128;

const ONE = new Set([
  'additionalProperties',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]);
const LIST = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const MAP = new Set(['$defs', 'definitions', 'dependentSchemas', 'patternProperties', 'properties']);
/** Of older or stranger dialects: ignoring them would check less than the author meant. */
const REFUSED = new Set([
  '$anchor',
  '$dynamicAnchor',
  '$dynamicRef',
  '$recursiveAnchor',
  '$recursiveRef',
  '$vocabulary',
  'additionalItems',
  'dependencies',
]);
const DIALECTS = /^https?:\/\/json-schema\.org\/(?:draft\/20(?:20-12|19-09)|draft-0[67])\/schema#?$/;
const FORBIDDEN_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `following`: references on the way here, none of which may come back. */
type Place = { readonly depth: number; readonly following: readonly string[] };

class Lint {
  readonly #root: Node;
  readonly #at: string;
  #subschemas = 0;

  constructor(root: Node, at: string) {
    this.#root = root;
    this.#at = at;
  }

  refuse(message: string): never {
    throw new AppError('invalid_input', 'The schema is not acceptable.', {
      issues: [{ path: this.#at, message }],
    });
  }

  schema(value: unknown, depth: number, following: readonly string[]): void {
    if (typeof value === 'boolean') return;
    if (!isNode(value)) this.refuse('has something else than a schema where one must be');
    this.#subschemas += 1;
    if (this.#subschemas > MAX_SUBSCHEMAS) this.refuse(`expands to more than ${MAX_SUBSCHEMAS} subschemas`);
    if (depth > MAX_DEPTH) this.refuse(`is nested more than ${MAX_DEPTH} deep`);
    if ('$id' in value && value !== this.#root) this.refuse('has an $id below its root');
    for (const [keyword, given] of Object.entries(value)) this.keyword(keyword, given, { depth, following });
  }

  keyword(keyword: string, given: unknown, at: Place): void {
    if (REFUSED.has(keyword)) this.refuse(`uses ${keyword}`);
    if (keyword === '$ref') this.reference(given, at);
    else if (keyword === 'pattern') this.pattern(given);
    else this.below(keyword, given, at);
  }

  below(keyword: string, given: unknown, { depth, following }: Place): void {
    const inner = (value: unknown) => this.schema(value, depth + 1, following);
    if (ONE.has(keyword)) inner(given);
    if (LIST.has(keyword)) {
      if (!Array.isArray(given)) this.refuse(`has no list in ${keyword}`);
      for (const one of given) inner(one);
    }
    if (!MAP.has(keyword)) return;
    if (!isNode(given)) this.refuse(`has no object in ${keyword}`);
    for (const [name, one] of Object.entries(given)) {
      if (keyword === 'patternProperties') this.pattern(name);
      inner(one);
    }
  }

  pattern(given: unknown): void {
    if (typeof given !== 'string' || !isLinear(given))
      this.refuse('has a pattern that is too long, or takes looking ahead or back');
  }

  reference(given: unknown, { depth, following }: Place): void {
    if (typeof given !== 'string' || !given.startsWith('#'))
      this.refuse('refers to something outside itself');
    if (following.includes(given)) this.refuse('refers to itself without an end');
    this.schema(this.resolve(given), depth + 1, [...following, given]);
  }

  resolve(reference: string): unknown {
    let found: unknown = this.#root;
    for (const step of stepsOf(reference)) {
      const own = typeof found === 'object' && found !== null && Object.hasOwn(found, step);
      if (!own) this.refuse('refers to something that is not there');
      found = (found as Node)[step];
    }
    return found;
  }

  /** Every name and text, wherever it stands. */
  texts(value: unknown): void {
    if (typeof value === 'string') this.text(value, MAX_TEXT);
    else if (Array.isArray(value)) for (const one of value) this.texts(one);
    else if (isNode(value)) {
      for (const [name, one] of Object.entries(value)) {
        if (FORBIDDEN_NAMES.has(name)) this.refuse('has a forbidden name');
        this.text(name, MAX_NAME);
        this.texts(one);
      }
    }
  }

  text(text: string, maxLength: number): void {
    const fault = faultIn(text, maxLength);
    if (fault) this.refuse(`has a text that ${fault}`);
  }
}

function stepsOf(reference: string): string[] {
  const [, ...steps] = reference.slice(1).split('/');
  try {
    return steps.map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));
  } catch {
    return ['\0'];
  }
}

/** Deeper than any schema we take; the walk itself must have an end before the bounds are known. */
function tooDeep(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((one) => tooDeep(one, left - 1));
}

/**
 * @param at where it stands, for the refusal
 * @returns the schema as it is compiled and shown: without its root's `$id` and `$schema`, for validators share by `$id`
 * @throws {AppError} `invalid_input`, naming the rule, never quoting
 */
export function lintSchema(schema: unknown, at: string): JsonSchema {
  const bounded = isNode(schema) && !tooDeep(schema, 4 * MAX_DEPTH);
  const lint: Lint = new Lint(bounded ? schema : {}, at);
  if (!isNode(schema)) lint.refuse('must be an object');
  if (!bounded) lint.refuse(`is nested more than ${MAX_DEPTH} deep`);
  if (Buffer.byteLength(JSON.stringify(schema)) > MAX_BYTES) lint.refuse('is larger than 32 KiB');
  const { $schema: dialect, $id: _id, ...rest } = schema;
  if (dialect !== undefined && !(typeof dialect === 'string' && DIALECTS.test(dialect)))
    lint.refuse('is written in an unknown dialect');
  if (rest['type'] !== 'object') lint.refuse('must describe an object: "type": "object"');
  lint.texts(rest);
  lint.schema(schema, 1, []);
  return rest;
}
