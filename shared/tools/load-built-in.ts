// Loads a built-in tool by its name: the family of the tool, and not the others, is read when it is called.
import type { Tool } from './tool.ts';

type Family = () => Promise<readonly Tool[]>;

const text: Family = async () => (await import('./builtin/text.ts')).textTools;
const status: Family = async () => (await import('./builtin/status.ts')).statusTools;

/** By the first word of a tool's name. */
const FAMILIES: ReadonlyMap<string, Family> = new Map([
  ['ai', async () => (await import('./builtin/ai.ts')).aiTools],
  ['calc', text],
  ['json', async () => (await import('./builtin/json.ts')).jsonTools],
  ['key', status],
  ['service', status],
  ['text', text],
  ['time', async () => (await import('./builtin/time.ts')).timeTools],
  ['todo', async () => (await import('./builtin/todo.ts')).todoTools],
  ['usage', status],
]);

export async function loadBuiltIn(name: string): Promise<Tool | undefined> {
  const family = FAMILIES.get(name.slice(0, Math.max(name.indexOf('_'), 0)));
  return (await family?.())?.find((tool) => tool.name === name);
}
