// Capabilities offered to an MCP client: the tool registry, resources and prompts.
import type { McpServer } from '@modelcontextprotocol/server';

import { allowsTool } from '#shared/auth/principal.ts';
import { BUILT_INS } from '#shared/tools/built-in-list.ts';

import type { McpMessage } from './message.ts';
import { addPrompts } from './prompts.ts';
import { type OfferedTool, register } from './register.ts';
import { addResources } from './resources.ts';
import type { McpOffer } from './serve.ts';
import type { ToolCalls } from './tool-calls.ts';

/** Tool name of a `tools/call`. */
export function calledName({ method, params }: McpMessage): string | undefined {
  if (method !== 'tools/call' || typeof params !== 'object' || params === null) return undefined;
  const { name } = params as { name?: unknown };
  return typeof name === 'string' ? name : undefined;
}

function calledBuiltIn(message: McpMessage): OfferedTool | undefined {
  const name = calledName(message);
  const listed = BUILT_INS.find((tool) => tool.name === name);
  return listed && { listed };
}

/** Whether a `tools/call` names a built-in tool. */
export const callsBuiltIn = (message: McpMessage): boolean => calledBuiltIn(message) !== undefined;

const byName = (a: OfferedTool, b: OfferedTool) => (a.listed.name < b.listed.name ? -1 : 1);

function toolsFor(message: McpMessage, calls: ToolCalls): readonly OfferedTool[] {
  const called = calledBuiltIn(message);
  if (called) return [called];
  const registered = calls.registered.map((tool) => ({ listed: tool, registered: tool }));
  if (message.method === 'tools/call') return registered;
  const all = [...BUILT_INS.map((listed) => ({ listed })), ...registered].toSorted(byName);
  return all.filter(({ listed }) => allowsTool(calls.principal, listed.name));
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
