// Built-in tools as they are listed. The bundler evaluates this module (scripts/evaluated-modules.ts): a deployed function
// contains the list and none of the tools.
import type { ListedTool } from './listed-tool.ts';
import { TOOLS } from './registry.ts';
import { writeSchemas } from './tool-schemas.ts';

export const BUILT_INS: readonly ListedTool[] = TOOLS.map((tool) => {
  const { name, title, description, annotations, examples, scope, requiresKey } = tool;
  const facts = { name, title, description, annotations, examples, schemas: writeSchemas(tool) };
  return { ...facts, ...(scope && { scope }), ...(requiresKey && { requiresKey }) };
});
