// The tool registry as what an MCP client is offered.
import type { Principal } from '#shared/auth/principal.ts';
import type { Deadline } from '#shared/core/deadline.ts';
import type { Invoke } from '#shared/tools/invoke.ts';
import { findTool, TOOLS } from '#shared/tools/registry.ts';

import type { McpMessage } from './message.ts';
import { register } from './register.ts';
import type { McpOffer } from './serve.ts';

export type ToolCalls = {
  readonly principal: Principal;
  readonly requestId: string;
  readonly deadline: Deadline;
  readonly invoke: Invoke;
  readonly report: (error: unknown) => void;
};

/** The tool a `tools/call` names, if there is one of that name. */
export function calledTool({ method, params }: McpMessage) {
  if (method !== 'tools/call' || typeof params !== 'object' || params === null) return undefined;
  const { name } = params as { name?: unknown };
  return typeof name === 'string' ? findTool(name) : undefined;
}

/** A call is offered the tool it names and no other: registering costs more than most calls. */
export function toolOffer(message: McpMessage, calls: ToolCalls): McpOffer {
  const tools = message.method === 'tools/call' ? [calledTool(message)].filter((tool) => !!tool) : TOOLS;
  return {
    name: 'portunus',
    options: {
      capabilities: { tools: { listChanged: false } },
      cacheHints: { 'tools/list': { ttlMs: 60_000, cacheScope: 'private' } },
      instructions:
        'Todos and AI models, called on your own stored keys. Keys are stored over REST, never here.',
    },
    equip(server) {
      for (const tool of tools) register(server, tool, calls);
    },
  };
}
