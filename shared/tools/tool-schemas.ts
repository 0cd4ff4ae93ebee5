// JSON Schemas of built-in tools, written from their zod schemas: by modules that the bundler evaluates, and by tests.
import * as z from 'zod';

import { withKey } from './idempotent-call.ts';
import type { Tool } from './tool.ts';

export type Schemas = NonNullable<Tool['schemas']>;

type Node = Record<string, unknown>;

/** A date-time's pattern is 350 characters that `format` says in two words, and every integer is within JSON's. */
function trimmed({ jsonSchema, io }: { jsonSchema: Node; io: 'input' | 'output' }): void {
  delete jsonSchema['id']; // the name of a part that is used several times
  delete jsonSchema['propertyNames'];
  if (jsonSchema['format'] === 'date-time') delete jsonSchema['pattern'];
  for (const bound of ['minimum', 'maximum'])
    if (Math.abs(Number(jsonSchema[bound])) === Number.MAX_SAFE_INTEGER) delete jsonSchema[bound];
  if (io === 'input') return;
  // Results have no other fields, and the format of our own values needs no check.
  for (const keyword of ['pattern', 'exclusiveMinimum']) delete jsonSchema[keyword];
  const more = jsonSchema['additionalProperties'];
  if (typeof more === 'boolean' || Object.keys(more ?? {}).length === 0)
    delete jsonSchema['additionalProperties'];
}

/**
 * Shorter than zod writes it, and as strict in what counts: the list of all tools is read by models. No `$schema`: 2020-12 is
 * MCP's default, and validators of some clients know no other name for it.
 */
function schemaOf(schema: Tool['input'], io: 'input' | 'output'): Schemas['input'] {
  const override = ({ jsonSchema }: { jsonSchema: object }) =>
    trimmed({ jsonSchema: jsonSchema as Node, io });
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, override });
  return rest;
}

/** JSON Schema 2020-12 of a built-in tool's arguments (as a caller writes them) and results. */
export const writeSchemas = (tool: Tool): Schemas => ({
  input: withKey(tool, schemaOf(tool.input, 'input')),
  output: schemaOf(tool.outputSummary ?? tool.output, 'output'),
  isGuaranteed: true,
});
