import { aiTools } from './builtin/ai.ts';
import { jsonTools } from './builtin/json.ts';
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
