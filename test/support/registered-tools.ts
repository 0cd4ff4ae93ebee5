import type { OwnerId } from '#shared/core/ids.ts';
import { type RegisteredTool, shelfOf } from '#shared/tools/registered.ts';

/** An active tool of an HTTP API. */
export const registeredTool = (
  owner: OwnerId,
  name: string,
  changes: Partial<RegisteredTool> = {},
): RegisteredTool => ({
  fmt: 1,
  name,
  alias: name.split('__')[0] ?? name,
  shared: false,
  owner,
  state: 'active',
  version: 1,
  definition: {
    title: name,
    description: 'A registered tool.',
    inputSchema: { type: 'object' },
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    examples: [],
    source: { kind: 'mcp', url: 'https://tools.example/mcp', upstreamName: name },
  },
  hash: 'h'.repeat(64),
  createdAt: '2026-11-01T00:00:00.000Z',
  updatedAt: '2026-11-01T00:00:00.000Z',
  revision: 1,
  ...changes,
});

/** Reads of the store port, over these tools. */
export const toolsIn = (tools: readonly RegisteredTool[]) => ({
  list: async (shelf: OwnerId | 'shared') => tools.filter((tool) => shelfOf(tool) === shelf),
  find: async (shelf: OwnerId | 'shared', name: string) =>
    tools.find((tool) => shelfOf(tool) === shelf && tool.name === name),
});
