// A value that is valid for a JSON schema, with the given text in the first plain string.
import { asList, asObject, asText, isObject, type Json } from './json.ts';

const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-01',
  'date-time': '2026-01-01T00:00:00Z',
  time: '00:00:00Z',
  email: 'someone@example.com',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
};
/** Bound for recursive schemas: optional parts are left out well before it. */
const MAX_DEPTH = 12;

/** Required properties only, except at the top level, where plain optional strings are filled too. */
export function exampleValue(schema: unknown, text: string): unknown {
  const root = asObject(schema);
  let unusedText: string | undefined = text;

  function value(node: unknown, depth: number): unknown {
    const resolved = resolve(root, node);
    if ('const' in resolved) return resolved.const;
    if (Array.isArray(resolved.enum)) return resolved.enum[0];
    const [option] = [resolved.anyOf, resolved.oneOf].flatMap(asList).filter((each) => !isNull(root, each));
    if (option !== undefined)
      return value({ ...withoutOptions(resolved), ...resolve(root, option) }, depth + 1);
    if (Array.isArray(resolved.allOf)) return value(mergeAll(root, resolved), depth + 1);
    const typed = byType[typeName(resolved)];
    return typed ? typed(resolved, depth) : string(resolved);
  }

  function object({ properties, required }: Json, depth: number): Json {
    const names = asList(required).map(asText);
    const optional = depth === 0 ? Object.entries(asObject(properties)).filter(isPlainString) : [];
    const wanted = new Set([...names, ...optional.map(([name]) => name)]);
    const entries = Object.entries(asObject(properties)).filter(([name]) => wanted.has(name));
    const undeclared = names.filter((name) => !(name in asObject(properties)));
    if (depth > MAX_DEPTH) return {};
    return Object.fromEntries([
      ...entries.map(([name, inner]) => [name, value(inner, depth + 1)]),
      ...undeclared.map((name) => [name, '']),
    ]);
  }

  function array({ items, prefixItems, minItems, uniqueItems }: Json, depth: number): unknown[] {
    const fixed = asList(prefixItems);
    const length = Math.max(Number(minItems ?? 0), fixed.length);
    const options = uniqueItems === true ? asList(resolve(root, items).enum) : [];
    return Array.from({ length }, (_, at) => options[at] ?? value(fixed[at] ?? items, depth + 1));
  }

  function string({ format, minLength, maxLength, pattern }: Json): string {
    const formatted = FORMATS[asText(format)];
    if (formatted !== undefined) return formatted;
    const given = pattern === undefined ? unusedText : undefined;
    if (given !== undefined) unusedText = undefined;
    const fitted = (given ?? 'example').slice(0, Number(maxLength ?? Infinity));
    return fitted.padEnd(Number(minLength ?? 0), 'x');
  }

  const byType: Readonly<Record<string, (node: Json, depth: number) => unknown>> = {
    object,
    array,
    integer: (node) => number(node, true),
    number: (node) => number(node, false),
    boolean: () => true,
    null: () => null,
  };
  return value(root, 0);
}

const isPlainString = ([, schema]: [string, unknown]): boolean => {
  const { type, format, pattern, enum: options } = asObject(schema);
  return (
    asText(type).toLowerCase() === 'string' && [format, pattern, options].every((each) => each === undefined)
  );
};

function resolve(root: Json, node: unknown, hops = 0): Json {
  const schema = asObject(node);
  const reference = asText(schema.$ref);
  if (reference === '' || hops > MAX_DEPTH) return schema;
  const target = reference
    .replace(/^#\/?/, '')
    .split('/')
    .filter(Boolean)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((from, step) => asObject(from)[step], root);
  return resolve(root, target, hops + 1);
}

const isNull = (root: Json, node: unknown) => typeName(resolve(root, node)) === 'null';

function withoutOptions(schema: Json): Json {
  const { anyOf: _any, oneOf: _one, ...rest } = schema;
  return rest;
}

function mergeAll(root: Json, { allOf, ...rest }: Json): Json {
  return asList(allOf)
    .map((part) => resolve(root, part))
    .reduce<Json>(
      (merged, part) => ({
        ...merged,
        ...part,
        properties: { ...asObject(merged.properties), ...asObject(part.properties) },
        required: [...asList(merged.required), ...asList(part.required)],
      }),
      rest,
    );
}

/** Gemini writes type names in capitals. */
function typeName({ type, properties, items }: Json): string {
  const [first] = [type].flat().filter((each) => each !== 'null');
  if (typeof first === 'string') return first.toLowerCase();
  if (type === 'null') return 'null';
  if (isObject(properties)) return 'object';
  return isObject(items) ? 'array' : type === undefined ? 'object' : 'string';
}

/** The number nearest to 1 within the bounds. */
function number(schema: Json, isInteger: boolean): number {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const unit = Number(multipleOf ?? (isInteger ? 1 : 0));
  const low = Math.max(bound(minimum, -Infinity), bound(exclusiveMinimum, -Infinity));
  const high = Math.min(bound(maximum, Infinity), bound(exclusiveMaximum, Infinity));
  if (unit === 0) return low < 1 && 1 < high ? 1 : between(low, high);
  const nearest = Math.round(Math.min(Math.max(1, low), high) / unit) * unit;
  const candidates = [nearest, nearest + unit, nearest - unit];
  const isAllowed = (value: number) =>
    value >= low && value <= high && value !== exclusiveMinimum && value !== exclusiveMaximum;
  return candidates.find(isAllowed) ?? nearest;
}

const bound = (given: unknown, otherwise: number): number => (typeof given === 'number' ? given : otherwise);

function between(low: number, high: number): number {
  if (low === -Infinity) return high - 1;
  return high === Infinity ? low + 1 : (low + high) / 2;
}
