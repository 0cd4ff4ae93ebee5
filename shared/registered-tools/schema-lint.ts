// A JSON Schema from outside, before anything compiles it: small, of known keywords, and with an end. What passes can be compiled
// and applied in time that grows with its data alone.
import { AppError } from '#shared/core/errors.ts';
import { cleaned, faultIn } from '#shared/core/visible-text.ts';
import type { JsonSchema } from '#shared/tools/registered.ts';

import { isLinear } from './pattern.ts';
import type { Removals } from './removals.ts';
import { type Annotation, holdsSchemas, isAnnotation, keywordKind, type Kind } from './schema-keywords.ts';

const MAX_BYTES = 32 * 1024;
const MAX_DEPTH = 16;
/** With every reference followed: `allOf` of two references doubles with each step. */
const MAX_SUBSCHEMAS = 512;
const MAX_TEXT = 4000;
const MAX_TITLE = 200;
const MAX_NAME = 128;

const DIALECTS = /^https?:\/\/json-schema\.org\/(?:draft\/20(?:20-12|19-09)|draft-0[67])\/schema#?$/;
/** With it an assignment replaces a prototype. Names that objects inherit are read by ownProperty alone. */
const FORBIDDEN_NAME = '__proto__';
const TOKEN = /^[\w.:/+-]{1,64}$/;
/** A keyword of a name that can be shown as it is. */
const PLAIN_NAME = /^[\w$.-]{1,40}$/;

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `following`: references on the way here, none of which may come back. `path`: for the reviewer. */
type Place = { readonly depth: number; readonly following: readonly string[]; readonly path: string };
type Entry = readonly [keyword: string, value: unknown];

class Lint {
  readonly #root: Node;
  readonly #at: string;
  readonly #removals: Removals;
  #subschemas = 0;

  constructor(root: Node, at: string, removals: Removals) {
    this.#root = root;
    this.#at = at;
    this.#removals = removals;
  }

  reject(message: string): never {
    throw new AppError('invalid_input', 'The schema is not supported.', {
      issues: [{ path: this.#at, message }],
    });
  }

  /** The schema without what only describes and could deceive. */
  schema(value: unknown, place: Place): JsonSchema | boolean {
    if (typeof value === 'boolean') return value;
    if (!isNode(value)) this.reject('has a value that is not a schema where a schema is required');
    this.#subschemas += 1;
    if (this.#subschemas > MAX_SUBSCHEMAS) this.reject(`expands to more than ${MAX_SUBSCHEMAS} subschemas`);
    if (place.depth > MAX_DEPTH) this.reject(`is nested more than ${MAX_DEPTH} deep`);
    if ('$id' in value && value !== this.#root) this.reject('has an $id below its root');
    const entries = Object.entries(value).flatMap(([keyword, given]) => this.#keyword(keyword, given, place));
    const linted = Object.fromEntries(entries);
    return value['nullable'] === undefined ? linted : this.#orNull(value, linted);
  }

  #keyword(keyword: string, given: unknown, place: Place): readonly Entry[] {
    const kind = keywordKind(keyword);
    if (kind === undefined) return this.#unknown(keyword, place);
    if (isAnnotation(kind)) return this.#annotation(kind, [keyword, given], place);
    if (kind === 'rejected') this.reject(`uses ${keyword}, which is not supported`);
    if (kind === 'nullable') return []; // see #orNull
    return [[keyword, this.#checked(kind, [keyword, given], place)]];
  }

  #checked(kind: Kind, entry: Entry, place: Place): unknown {
    const [keyword, given] = entry;
    if (holdsSchemas(keyword)) return this.#below(keyword, given, place);
    if (kind === 'reference') return this.#reference(given, place);
    if (kind === 'pattern') return this.#pattern(given);
    return kind === 'values' ? this.#compared(keyword, given) : given; // bounds: the meta-schema checks them
  }

  #compared(keyword: string, given: unknown): unknown {
    if (keyword === 'enum' && Array.isArray(given) && given.length === 0) this.reject('has an empty enum');
    this.#values(given);
    return given;
  }

  /** OpenAPI 3.0 for a type more. */
  #orNull({ nullable, type, enum: values }: Node, linted: Node): JsonSchema {
    if (type === undefined) this.reject('uses nullable without type');
    if (typeof nullable !== 'boolean') this.reject('has a nullable that is not true or false');
    if (!nullable) return linted;
    const types = [...new Set([type, 'null'].flat())];
    return {
      ...linted,
      type: types,
      ...(Array.isArray(values) && { enum: [...new Set([...values, null])] }),
    };
  }

  #unknown(keyword: string, place: Place): [] {
    if (keyword === FORBIDDEN_NAME) this.reject('has a forbidden name');
    const isDialect = keyword === '$schema' || keyword === '$id';
    const what = PLAIN_NAME.test(keyword) ? `keyword ${keyword}` : 'a keyword';
    return this.#left(place, isDialect ? [] : [what]);
  }

  /** A reference leads to what is visited, and noted, at its own place. */
  #left({ following, path }: Place, removed: readonly string[]): [] {
    if (following.length === 0) this.#removals.add(path, removed);
    return [];
  }

  #annotation(kind: Annotation, entry: Entry, parent: Place): readonly Entry[] {
    const [keyword, value] = entry;
    const place = { ...parent, path: `${parent.path}.${keyword}` };
    if ((kind === 'text' || kind === 'title') && typeof value === 'string') {
      const bounds = { maxLength: kind === 'text' ? MAX_TEXT : MAX_TITLE, oneLine: kind === 'title' };
      const { text, removed } = cleaned(value, bounds);
      this.#left(place, removed);
      return text === '' ? [] : [[keyword, text]];
    }
    const isKept = {
      title: false,
      text: false,
      token: typeof value === 'string' && TOKEN.test(value),
      flag: typeof value === 'boolean',
      sample: !this.#hasFault(value),
      samples: Array.isArray(value) && !this.#hasFault(value),
    }[kind];
    return isKept ? [entry] : this.#left(place, ['a value that cannot be shown']);
  }

  #below(keyword: string, given: unknown, place: Place): unknown {
    const inner = (value: unknown, name = ''): JsonSchema | boolean => {
      const path = `${place.path}.${keyword}${name && `.${name}`}`;
      return this.schema(value, { ...place, depth: place.depth + 1, path });
    };
    if (holdsSchemas(keyword) === 'one') return inner(given);
    if (keywordKind(keyword) === 'schemas') {
      if (!Array.isArray(given)) this.reject(`has no list in ${keyword}`);
      return given.map((one: unknown, index) => inner(one, String(index)));
    }
    if (!isNode(given)) this.reject(`has no object in ${keyword}`);
    for (const name of Object.keys(given)) {
      this.#name(name);
      if (keyword === 'patternProperties') this.#pattern(name);
    }
    return Object.fromEntries(Object.entries(given).map(([name, one]) => [name, inner(one, name)]));
  }

  #pattern(given: unknown): string {
    if (typeof given !== 'string' || !isLinear(given))
      this.reject('has a pattern that is too long or uses lookahead, lookbehind or backreferences');
    this.#value(given);
    return given;
  }

  #reference(given: unknown, { depth, following, path }: Place): string {
    if (typeof given !== 'string' || !given.startsWith('#')) this.reject('has a $ref to another document');
    if (following.includes(given)) this.reject('has a circular $ref');
    this.schema(this.#resolve(given), { depth: depth + 1, following: [...following, given], path });
    return given;
  }

  /** Through keywords that hold schemas alone: what is not checked as a schema must not be applied as one. */
  #resolve(reference: string): unknown {
    let found: unknown = this.#root;
    let names = false;
    for (const step of stepsOf(reference)) {
      const own = typeof found === 'object' && found !== null && Object.hasOwn(found, step);
      if (!own || step.includes('%')) this.reject('has a $ref to a missing location');
      const holds: 'one' | 'many' | undefined = names ? 'one' : holdsSchemas(step);
      if (holds === undefined) this.reject('has a $ref to a value that is not a schema');
      names = holds === 'many';
      found = (found as Node)[step];
    }
    if (names) this.reject('has a $ref to a value that is not a schema');
    return found;
  }

  #name(name: string): void {
    if (name === FORBIDDEN_NAME) this.reject('has a forbidden name');
    const fault = /[\n\t]/.test(name) ? 'has hidden characters' : faultIn(name, MAX_NAME);
    if (fault) this.reject(`has a name that ${fault}`);
  }

  #value(text: string): void {
    const fault = faultIn(text, MAX_TEXT);
    if (fault) this.reject(`has a text that ${fault}`);
  }

  #values(value: unknown): void {
    if (typeof value === 'string') this.#value(value);
    else if (Array.isArray(value)) for (const one of value) this.#values(one);
    else if (isNode(value)) {
      for (const [name, one] of Object.entries(value)) {
        this.#name(name);
        this.#values(one);
      }
    }
  }

  #hasFault(value: unknown): boolean {
    try {
      this.#values(value);
      return false;
    } catch (error) {
      if (error instanceof AppError) return true;
      throw error;
    }
  }
}

function stepsOf(reference: string): string[] {
  const [start, ...steps] = reference.slice(1).split('/');
  try {
    if (start !== '') return ['\0']; // an anchor
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
 * @param at where it stands, for the rejection
 * @returns the schema as it is compiled and shown: of known keywords, without its root's `$id` and `$schema`
 * @throws {AppError} `invalid_input`, naming the rule, never quoting
 */
export function lintSchema(schema: unknown, at: string, removals: Removals): JsonSchema {
  const bounded = isNode(schema) && !tooDeep(schema, 4 * MAX_DEPTH);
  const lint: Lint = new Lint(bounded ? schema : {}, at, removals);
  if (!isNode(schema)) lint.reject('must be an object');
  if (!bounded) lint.reject(`is nested more than ${MAX_DEPTH} deep`);
  if (Buffer.byteLength(JSON.stringify(schema)) > MAX_BYTES) lint.reject('is larger than 32 KiB');
  const { $schema: dialect } = schema;
  if (dialect !== undefined && !(typeof dialect === 'string' && DIALECTS.test(dialect)))
    lint.reject('uses an unsupported dialect in $schema');
  const linted = lint.schema(schema, { depth: 1, following: [], path: at }) as JsonSchema;
  if (linted['type'] !== 'object') lint.reject('must describe an object: "type": "object"');
  return linted;
}
