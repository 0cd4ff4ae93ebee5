// Capabilities offered to an MCP client: the tool registry, resources and prompts.
import type { McpServer } from '@modelcontextprotocol/server';

import { allowsTool } from '#shared/auth/principal.ts';
import { findTool, TOOLS } from '#shared/tools/registry.ts';
import type { Tool } from '#shared/tools/tool.ts';

import type { McpMessage } from './message.ts';
import { addPrompts } from './prompts.ts';
import { register } from './register.ts';
import { addResources } from './resources.ts';
import type { McpOffer } from './serve.ts';
import type { ToolCalls } from './tool-calls.ts';

/** Tool name of a `tools/call`. */
export function calledName({ method, params }: McpMessage): string | undefined {
  if (method !== 'tools/call' || typeof params !== 'object' || params === null) return undefined;
  const { name } = params as { name?: unknown };
  return typeof name === 'string' ? name : undefined;
}

/** Built-in tool named by a `tools/call`, if any. */
export function calledTool(message: McpMessage): Tool | undefined {
  const name = calledName(message);
  return name === undefined ? undefined : findTool(name);
}

const byName = (a: Tool, b: Tool) => (a.name < b.name ? -1 : 1);

function toolsFor(message: McpMessage, { registered, principal }: ToolCalls): readonly Tool[] {
  const called = calledTool(message);
  if (called) return [called];
  if (message.method === 'tools/call') return registered;
  const all = registered.length > 0 ? [...TOOLS, ...registered].toSorted(byName) : TOOLS;
  return all.filter(({ name }) => allowsTool(principal, name));
}

const HINT = { ttlMs: 60_000, cacheScope: 'private' } as const;

/** Registers only what the message can address: registration costs more than most calls. */
function equip(server: McpServer, message: McpMessage, calls: ToolCalls): void {
  const method = String(message.method);
  if (!/^(?:resources|prompts)\//.test(method)) {
    for (const tool of toolsFor(message, calls)) register(server, tool, calls);
  }
  if (!/^(?:tools|prompts)\//.test(method)) addResources(server, calls);
  if (!/^(?:tools|resources)\//.test(method)) addPrompts(server);
}

export function toolOffer(message: McpMessage, calls: ToolCalls): McpOffer {
  return {
    name: 'portunus',
    options: {
      capabilities: {
        tools: { listChanged: false },
        resources: { listChanged: false },
        prompts: { listChanged: false },
      },
      cacheHints: {
        'tools/list': HINT,
        'resources/list': HINT,
        'resources/templates/list': HINT,
        'prompts/list': HINT,
        // Not cached: todos change at any time.
        'resources/read': { ttlMs: 0, cacheScope: 'private' },
      },
      instructions:
        'Todos and AI models, called on your own stored keys. Keys are stored over REST, never here.',
    },
    equip: (server) => equip(server, message, calls),
  };
}
