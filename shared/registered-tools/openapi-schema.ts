// A schema of an OpenAPI document as one that stands alone: references replaced by what they name, circles cut, the older
// dialect's words translated.
import type { JsonSchema } from '#shared/tools/registered.ts';

import { isObject, type Json, lookUp, Unusable } from './openapi-document.ts';
import { isLinear } from './pattern.ts';

const MAX_NODES = 400;
const MAX_DEPTH = 12;
const MAX_TEXT = 300;

/** Taken over as they are. What is not named here says nothing that a validator checks. */
const PLAIN = [
  'const',
  'default',
  'enum',
  'maxItems',
  'maxLength',
  'maxProperties',
  'maximum',
  'minItems',
  'minLength',
  'minProperties',
  'minimum',
  'multipleOf',
  'uniqueItems',
];
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];

/** `input`: what is read-only is not asked for. `output`: what is write-only is not promised. */
export type Direction = 'input' | 'output';

type Way = { readonly depth: number; readonly following: readonly unknown[] };

export class Inliner {
  readonly #document: Json;
  readonly #direction: Direction;
  #nodes = 0;

  constructor(document: Json, direction: Direction) {
    this.#document = document;
    this.#direction = direction;
  }

  /** @throws {Unusable} for a reference to outside, or a schema that is too large */
  schema(value: unknown, way: Way = { depth: 0, following: [] }): JsonSchema {
    if (!isObject(value)) return {};
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) throw new Unusable('has a schema that is too large');
    if (way.depth > MAX_DEPTH) return {};
    if ('$ref' in value) return this.#reference(value['$ref'], way);
    const inner = (one: unknown) => this.schema(one, { ...way, depth: way.depth + 1 });
    return {
      ...plainOf(value),
      ...schemaType(value),
      ...numericLimits(value),
      ...listsOf(value, inner),
      ...this.#partsOf(value, inner),
    };
  }

  /** A circle is cut where it closes: there anything goes. */
  #reference(reference: unknown, { depth, following }: Way): JsonSchema {
    if (following.includes(reference)) return {};
    const found = lookUp(this.#document, reference);
    return this.schema(found, { depth, following: [...following, reference] });
  }

  #partsOf(value: Json, inner: (one: unknown) => JsonSchema): JsonSchema {
    const { items, additionalProperties: more, properties } = value;
    const parts: Record<string, unknown> = {};
    if (isObject(items)) parts['items'] = inner(items);
    if (typeof more === 'boolean') parts['additionalProperties'] = more;
    if (isObject(more)) parts['additionalProperties'] = inner(more);
    if (!isObject(properties)) return parts;
    const shown = Object.entries(properties).filter(([, one]) => !this.#isHidden(one));
    parts['properties'] = Object.fromEntries(shown.map(([name, one]) => [name, inner(one)]));
    const names = new Set(shown.map(([name]) => name));
    const required = (Array.isArray(value['required']) ? value['required'] : []).filter((name) =>
      names.has(String(name)),
    );
    if (required.length > 0) parts['required'] = required;
    return parts;
  }

  #isHidden(property: unknown): boolean {
    return isObject(property) && property[this.#direction === 'input' ? 'readOnly' : 'writeOnly'] === true;
  }
}

function plainOf(value: Json): JsonSchema {
  const kept = PLAIN.filter((name) => name in value).map((name) => [name, value[name]]);
  const { description, pattern } = value;
  return {
    ...Object.fromEntries(kept),
    ...(typeof description === 'string' && { description: description.slice(0, MAX_TEXT) }),
    // One that could run for ever is the upstream's own to check.
    ...(typeof pattern === 'string' && isLinear(pattern) && { pattern }),
  };
}

/** 3.0 says `nullable`, 3.1 a type more. */
function schemaType({ type, nullable, enum: values }: Json): JsonSchema {
  if (type === undefined) return {};
  if (nullable !== true) return { type };
  return {
    type: [type, 'null'].flat(),
    ...(Array.isArray(values) && { enum: [...new Set([...values, null])] }),
  };
}

/** 3.0 says with a boolean that a bound is excluded. */
function numericLimits({
  exclusiveMinimum: above,
  exclusiveMaximum: below,
  minimum,
  maximum,
}: Json): JsonSchema {
  return {
    ...(typeof above === 'number' && { exclusiveMinimum: above }),
    ...(typeof below === 'number' && { exclusiveMaximum: below }),
    ...(above === true && typeof minimum === 'number' && { exclusiveMinimum: minimum }),
    ...(below === true && typeof maximum === 'number' && { exclusiveMaximum: maximum }),
  };
}

function listsOf(value: Json, inner: (one: unknown) => JsonSchema): JsonSchema {
  const given = LISTS.flatMap((name) => {
    const list = value[name];
    return Array.isArray(list) && list.length > 0 ? [[name, list.map(inner)] as const] : [];
  });
  return { ...Object.fromEntries(given), ...(isObject(value['not']) && { not: inner(value['not']) }) };
}
