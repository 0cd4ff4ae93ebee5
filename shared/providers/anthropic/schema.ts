// JSON Schemas as Anthropic's API takes them.

type Schema = Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const textIn = (value: unknown) => (typeof value === 'string' ? value : '');
const asSchemas = (value: unknown): readonly Schema[] => (Array.isArray(value) ? value.filter(isSchema) : []);
const namesIn = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];

/** A definition of the schema's own, for a `$ref` at its top. */
function definition(schema: Schema): Schema {
  const [, group = '', name = ''] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(textIn(schema['$ref'])) ?? [];
  const definitions = schema[group];
  const found = isSchema(definitions) && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  return isSchema(found) ? found : {};
}

/**
 * The schema of a tool's arguments: an object at its top, without a union there. Alternatives at the top become optional
 * properties side by side, so the model may fill in any of them; the tool itself checks which belong together.
 */
export function inputSchema(schema: Schema = {}): Schema {
  const { $ref, anyOf, oneOf, allOf, ...own } = schema;
  const union = [...asSchemas(anyOf), ...asSchemas(oneOf)];
  const parts = [...asSchemas(allOf), ...($ref === undefined ? [] : [definition(schema)])];
  if (union.length === 0 && parts.length === 0) return { ...own, type: 'object' };
  const all = [own, ...parts, ...union].map((part) =>
    part['$ref'] === undefined ? part : { ...definition({ ...own, ...part }) },
  );
  const properties = Object.assign(
    {},
    ...all.map(({ properties: some }) => (isSchema(some) ? some : {})),
  ) as Schema;
  const always = [own, ...parts].flatMap(({ required }) => namesIn(required));
  const shared = union.map(({ required }) => namesIn(required));
  const inAll = (shared[0] ?? []).filter((name) => shared.every((names) => names.includes(name)));
  return { ...own, type: 'object', properties, required: [...new Set([...always, ...inAll])] };
}

/** Keywords that a schema of an answer may not have; they become a part of its description. */
const LIMITS: readonly string[] = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  '$schema',
  'default',
  'examples',
];

function describedLimits(schema: Schema): string {
  const limits = LIMITS.filter((name) => name !== '$schema' && schema[name] !== undefined);
  return limits.map((name) => `${name}: ${JSON.stringify(schema[name])}`).join(', ');
}

const mapped = (value: unknown): unknown =>
  isSchema(value)
    ? Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, answerSchema(schema)]))
    : value;
const NESTED: Readonly<Record<string, (value: unknown) => unknown>> = {
  properties: mapped,
  $defs: mapped,
  definitions: mapped,
  items: answerSchema,
  anyOf: (value) => (Array.isArray(value) ? value.map(answerSchema) : value),
  allOf: (value) => (Array.isArray(value) ? value.map(answerSchema) : value),
};

/** The schema of a structured answer: closed objects, no numeric or length limits, `anyOf` for `oneOf`. */
export function answerSchema(schema: unknown): unknown {
  if (!isSchema(schema)) return schema;
  const { oneOf, minItems, description, ...rest } = schema;
  const limits = describedLimits(schema);
  const kept = Object.entries({ ...rest, ...(oneOf !== undefined && { anyOf: oneOf }) })
    .filter(([name]) => !LIMITS.includes(name))
    .map(([name, value]) => [name, Object.hasOwn(NESTED, name) ? NESTED[name]?.(value) : value]);
  const text = [description, limits && `(${limits})`].filter(Boolean).join(' ');
  return {
    ...Object.fromEntries(kept),
    ...(text !== '' && { description: text }),
    ...((minItems === 0 || minItems === 1) && { minItems }),
    ...(isObjectType(schema) && { additionalProperties: false }),
  };
}

const isObjectType = ({ type, properties }: Schema) =>
  type === 'object' || (type === undefined && isSchema(properties));
