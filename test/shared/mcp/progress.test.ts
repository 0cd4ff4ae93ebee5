// P11: a registered tool may be long, whatever its upstream's hints say.
import { expect, it } from 'vitest';

import type { Principal } from '#shared/auth/principal.ts';
import { deadlineIn } from '#shared/core/deadline.ts';
import { toolOffer } from '#shared/mcp/offer.ts';
import { serveMcp } from '#shared/mcp/serve.ts';
import type { Invoke } from '#shared/tools/invoke.ts';
import { listedTool } from '#shared/tools/listed-tool.ts';
import type { RegisteredTool } from '#shared/tools/registered.ts';

const principal = { ownerId: 'u', scopes: [], expiresAt: Date.now() / 1000 + 60 } as unknown as Principal;
const closedWorld = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
const tool = listedTool({
  name: 'acme__count',
  definition: {
    title: 'Count',
    description: 'Counts.',
    inputSchema: { type: 'object' },
    annotations: closedWorld,
    examples: [],
    source: { kind: 'mcp', url: 'https://tools.example/mcp', upstreamName: 'count' },
  },
} as unknown as RegisteredTool);

const message = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name: tool.name,
    arguments: {},
    _meta: {
      progressToken: 'p',
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
};

const invoke: Invoke = async ({ progress }) => {
  progress?.({ progress: 1, total: 2, message: 'one of two' });
  return {
    ok: true,
    cached: false,
    mode: 'live',
    requestId: 'r',
    result: { content: [{ type: 'text', text: 'done' }] },
  };
};

it('progress of a registered tool with openWorldHint false reaches a client that asked for it', async () => {
  const calls = {
    principal,
    requestId: 'r',
    registered: [tool],
    deadline: deadlineIn(60_000),
    report: () => {},
    invoke,
  };
  const request = new Request('https://portunus.example/mcp', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': tool.name,
    },
    body: JSON.stringify(message),
  });
  const answer = await serveMcp(request, message, {
    offer: toolOffer(message, calls),
    principal,
    report: () => {},
  });
  const text = await answer.text();
  expect(text).toContain('"message":"one of two"');
  expect(text).toContain('"text":"done"');
});
