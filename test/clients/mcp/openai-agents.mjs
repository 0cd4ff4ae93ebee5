// OpenAI's Agents SDK as an MCP client.
import assert from 'node:assert/strict';

import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { MCPServerStreamableHttp } from '@openai/agents';

import { bearer, createAuthProvider, endpoint, runMcp } from './shared.mjs';

async function connectWith(options) {
  const server = new MCPServerStreamableHttp({ url: endpoint.href, name: 'portunus', ...options });
  await server.connect();
  return {
    tools: async () => (await server.listTools()).map(({ name }) => name),
    call: (name, args) => server.callToolResult(name, args),
    resources: async () => (await server.listResources()).resources,
    read: (uri) => server.readResource(uri),
    close: () => server.close(),
  };
}

await runMcp({
  connect: (token) => connectWith({ requestInit: { headers: bearer(token) } }),
  async signIn() {
    const { provider, signIn } = createAuthProvider();
    await assert.rejects(connectWith({ authProvider: provider }));
    const transport = new StreamableHTTPClientTransport(endpoint, { authProvider: provider });
    await transport.finishAuth(await signIn());
    return connectWith({ authProvider: provider });
  },
  without: {
    prompts: 'The client does not read prompts.',
    progress: 'The client does not report progress.',
  },
});
