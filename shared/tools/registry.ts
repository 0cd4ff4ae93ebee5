import * as z from 'zod';

import { aiTools } from './builtin/ai.ts';
import { jsonTools } from './builtin/json.ts';
import { withKey } from './idempotent-call.ts';
import { statusTools } from './builtin/status.ts';
import { textTools } from './builtin/text.ts';
import { timeTools } from './builtin/time.ts';
import { todoTools } from './builtin/todo.ts';
import type { Tool } from './tool.ts';

/** All there are, sorted by name: clients cache the list. */
export const TOOLS: readonly Tool[] = [
  ...todoTools,
  ...aiTools,
  ...timeTools,
  ...textTools,
  ...jsonTools,
  ...statusTools,
].toSorted((a, b) => (a.name < b.name ? -1 : 1));

const byName = new Map<string, Tool>(TOOLS.map((tool) => [tool.name, tool]));

export const findTool = (name: string): Tool | undefined => byName.get(name);

type Schemas = NonNullable<Tool['schemas']>;
const schemas = new Map<Tool, Schemas>();

/** JSON Schema 2020-12 of a tool's arguments (as a caller writes them) and results; made once per instance. */
export function schemasOf(tool: Tool): Schemas {
  if (tool.schemas) return { ...tool.schemas, input: withKey(tool, tool.schemas.input) };
  const made = schemas.get(tool);
  if (made) return made;
  const input = withKey(tool, z.toJSONSchema(tool.input, { io: 'input' }));
  const fresh = { input, output: z.toJSONSchema(tool.output) };
  schemas.set(tool, fresh);
  return fresh;
}
