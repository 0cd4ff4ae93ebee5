// LangChain's adapters for MCP servers.
import assert from 'node:assert/strict';

import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { auth } from '@modelcontextprotocol/sdk/client/auth.js';

import { sdkConnection } from './sdk-connection.mjs';
import { bearer, createAuthProvider, endpoint, runMcp } from './shared.mjs';

async function connectWith(options) {
  let onprogress;
  const client = new MultiServerMCPClient({
    mcpServers: { portunus: { transport: 'http', url: endpoint.href, ...options } },
    onProgress: (update) => onprogress?.(update),
  });
  await client.initializeConnections();
  const { prompts, prompt } = sdkConnection(await client.getClient('portunus'));
  return {
    tools: async () => (await client.getTools()).map(({ name }) => name),
    async call(name, args, hear) {
      onprogress = hear;
      const tool = (await client.getTools()).find((one) => one.name === name);
      return tool.invoke({ type: 'tool_call', id: '1', name, args });
    },
    resources: async () => (await client.listResources()).portunus,
    read: (uri) => client.readResource('portunus', uri),
    prompts,
    prompt,
    close: () => client.close(),
  };
}

await runMcp({
  connect: (token) => connectWith({ headers: bearer(token) }),
  async signIn() {
    const { provider, signIn } = createAuthProvider();
    await assert.rejects(connectWith({ authProvider: provider }));
    const authorizationCode = (await signIn()).get('code');
    await auth(provider, { serverUrl: endpoint, authorizationCode });
    return connectWith({ authProvider: provider });
  },
});
