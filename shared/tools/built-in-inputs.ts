// Schemas of the arguments of all built-in tools. Evaluated by the bundler, as built-in-list.ts is.
import { MODEL_TOOLS, TOOLS } from './registry.ts';
import { type Schemas, writeSchemas } from './tool-schemas.ts';

export const BUILT_IN_INPUTS: Readonly<Record<string, Schemas['input']>> = Object.fromEntries(
  [...TOOLS, ...MODEL_TOOLS].map((tool) => [tool.name, writeSchemas(tool).input]),
);
