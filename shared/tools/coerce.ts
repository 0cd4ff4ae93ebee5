// Arguments that a model or its client writes otherwise than their schema: `"5"` for a number, `"[\"a\"]"` for a list, and
// `null` for an optional field, which clients that make schemas strict have the model send instead of leaving the field out.
import { parseJson } from '#shared/core/scan-json.ts';

type Schema = Readonly<Record<string, unknown>>;
type JsonType = 'array' | 'boolean' | 'integer' | 'null' | 'number' | 'object' | 'string';

/** Schemas looked at for one call: those from outside may branch widely. */
const MAX_STEPS = 20_000;
const MAX_DEPTH = 32;
const BOUNDS = { depth: 32, nodes: 20_000 };
const UNION = ['anyOf', 'oneOf'] as const;

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function jsonType(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as JsonType;
}

function* subschemas(schema: Schema, keyword: string): Generator {
  const list = schema[keyword];
  if (Array.isArray(list)) yield* list;
}

/** Text as the JSON value that it spells. @returns the text itself where it spells none of the types */
function fromText(text: string, types: ReadonlySet<JsonType>): unknown {
  const spelled = /^(?:true|false|null)$/i.test(text.trim()) ? text.toLowerCase() : text;
  let value: unknown;
  try {
    value = parseJson(spelled, BOUNDS);
  } catch {
    return text; // also for a number that a double cannot hold
  }
  const type = jsonType(value);
  const isInteger = type === 'number' && Number.isSafeInteger(value);
  return types.has(type) || (isInteger && types.has('integer')) ? value : text;
}

class Coercion {
  readonly #root: Schema;
  #steps = 0;

  constructor(root: Schema) {
    this.#root = root;
  }

  value(value: unknown, given: unknown, depth = 0): unknown {
    const schema = this.#resolved(given);
    if (!schema || depth > MAX_DEPTH) return value;
    const types = typeof value === 'string' ? this.#types(schema, 0) : undefined;
    const read = types && !types.has('string') ? fromText(value as string, types) : value;
    if (Array.isArray(read)) return this.#items(read, schema, depth);
    return isObject(read) ? this.#fields(read, schema, depth) : read;
  }

  #items(list: readonly unknown[], schema: Schema, depth: number): unknown[] {
    const [holder] = this.#holders(schema, 'items');
    return holder ? list.map((one) => this.value(one, holder['items'], depth + 1)) : [...list];
  }

  #fields(object: Schema, schema: Schema, depth: number): Schema {
    const holders = this.#holders(schema, 'properties');
    const [more] = this.#holders(schema, 'additionalProperties');
    const required = new Set(this.#applied(schema).flatMap((one) => one['required'] ?? []));
    const entries = Object.entries(object).flatMap(([name, value]): [string, unknown][] => {
      const owners = holders.filter((one) => Object.hasOwn(one['properties'] as object, name));
      const [owner] = owners;
      // Two branches may read the same field differently.
      if (owners.length > 1) return [[name, value]];
      const field = owner ? (owner['properties'] as Schema)[name] : more?.['additionalProperties'];
      if (value === null && owner && !required.has(name) && this.#excludesNull(field)) return [];
      return [[name, this.value(value, field, depth + 1)]];
    });
    return Object.fromEntries(entries);
  }

  #excludesNull(given: unknown): boolean {
    const types = this.#typesAt(given, 0);
    return types !== undefined && !types.has('null');
  }

  /** Schemas that apply to a value and have this keyword. */
  #holders(schema: Schema, keyword: string): Schema[] {
    return this.#applied(schema).filter((one) => isObject(one[keyword]));
  }

  /** The schema and its branches. */
  #applied(schema: Schema, depth = 0): Schema[] {
    if (depth > 4) return [schema];
    const inner = [...UNION, 'allOf'].flatMap((name) => [...subschemas(schema, name)]);
    const found = inner.map((one) => this.#resolved(one)).filter((one) => one !== undefined);
    return [schema, ...found.flatMap((one) => this.#applied(one, depth + 1))];
  }

  /** Undefined: any type, or not known. */
  #types(schema: Schema, depth: number): ReadonlySet<JsonType> | undefined {
    const { type } = schema;
    if (type !== undefined) return new Set([type].flat() as JsonType[]);
    const values = Array.isArray(schema['enum'])
      ? schema['enum']
      : 'const' in schema
        ? [schema['const']]
        : [];
    if (values.length > 0) return new Set(values.map(jsonType));
    if (depth > 4) return undefined;
    for (const keyword of UNION) {
      const branches = [...subschemas(schema, keyword)].map((one) => this.#typesAt(one, depth));
      if (branches.length > 0)
        return branches.every((one) => one !== undefined)
          ? new Set(branches.flatMap((one) => [...one]))
          : undefined;
    }
    return [...subschemas(schema, 'allOf')].map((one) => this.#typesAt(one, depth)).find((one) => one);
  }

  #typesAt(given: unknown, depth: number): ReadonlySet<JsonType> | undefined {
    const found = this.#resolved(given);
    return found && this.#types(found, depth + 1);
  }

  /** Through references within the schema. */
  #resolved(given: unknown): Schema | undefined {
    let found = given;
    while (isObject(found)) {
      this.#steps += 1;
      if (this.#steps > MAX_STEPS) return undefined;
      const reference = found['$ref'];
      if (typeof reference !== 'string') return found;
      found = this.#at(reference);
    }
    return undefined;
  }

  #at(reference: string): unknown {
    if (!reference.startsWith('#')) return undefined;
    let found: unknown = this.#root;
    for (const step of reference.slice(1).split('/').slice(1)) {
      const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
      found = (found as Schema)[name];
    }
    return found;
  }
}

/**
 * A copy of the arguments in which text that spells a value of the only types that its schema allows is that value, and in
 * which no optional field is `null` whose schema does not allow it. Text stays text if the schema also allows text, or states
 * no type.
 */
export const coerced = (value: unknown, schema: Schema): unknown => new Coercion(schema).value(value, schema);
