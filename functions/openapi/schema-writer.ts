// zod schema → JSON Schema 2020-12 in the components of the document. A schema with an id becomes a component of its own.
import * as z from 'zod';

export type Json = Readonly<Record<string, unknown>>;
type Node = Record<string, unknown>;

export type SchemaWriter = (schema: z.ZodType, as: { io: 'input' | 'output'; name: string }) => Json;

const PREFIX = '#/components/schemas/';

/** `keys-store-request` → `KeysStoreRequest`. */
const componentName = (name: string): string =>
  name.replaceAll(/(?:^|[-_])(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Patterns of times are long and said by their format; bounds of every integer are said by its type. */
function trimmed(node: Node, io: 'input' | 'output'): void {
  delete node['$schema'];
  delete node['id'];
  if (node['format'] === 'date-time' || node['format'] === 'date') delete node['pattern'];
  for (const bound of ['minimum', 'maximum'])
    if (Math.abs(Number(node[bound])) === Number.MAX_SAFE_INTEGER) delete node[bound];
  // A client must accept fields that a later version adds to an answer.
  if (io === 'output' && node['additionalProperties'] === false) delete node['additionalProperties'];
}

const trimming =
  (io: 'input' | 'output') =>
  ({ jsonSchema }: { jsonSchema: object }): void =>
    trimmed(jsonSchema as Node, io);

function withComponentRefs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withComponentRefs);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) =>
      name === '$ref' && typeof part === 'string'
        ? [name, part.replace('#/$defs/', PREFIX)]
        : [name, withComponentRefs(part)],
    ),
  );
}

export function createSchemaWriter(): { write: SchemaWriter; schemas: Record<string, Json> } {
  const schemas: Record<string, Json> = {};
  const write: SchemaWriter = (schema, { io, name }) => {
    const { $defs = {}, ...written } = z.toJSONSchema(schema, {
      io,
      override: trimming(io),
      unrepresentable: 'any',
    });
    delete written.$schema;
    for (const [id, part] of Object.entries($defs)) schemas[id] = withComponentRefs(part) as Json;
    const own = withComponentRefs(written) as Json;
    if (typeof own['$ref'] === 'string') return own;
    const id = schema.meta()?.id ?? componentName(name);
    schemas[id] = own;
    return { $ref: `${PREFIX}${id}` };
  };
  return { write, schemas };
}

/** One level: what a parameter list is made of. */
export function propertiesOf(schema: z.ZodType): { name: string; schema: Json; required: boolean }[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, {
    io: 'input',
    override: trimming('input'),
    unrepresentable: 'any',
  });
  return Object.entries(properties).map(([name, part]) => ({
    name,
    schema: part as Json,
    required: required.includes(name),
  }));
}
