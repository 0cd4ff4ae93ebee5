// Genkit's MCP plugin.
import { createMcpClient } from '@genkit-ai/mcp';
import { auth } from '@modelcontextprotocol/sdk/client/auth.js';
import { genkit } from 'genkit';

import { bearer, endpoint, runMcp } from './shared.mjs';

const ai = genkit({});
const PREFIX = 'portunus/';

async function connectWith(options) {
  const client = createMcpClient({
    name: 'portunus',
    serverName: 'portunus',
    rawToolResponses: true,
    mcpServer: { url: endpoint.href, ...options },
  });
  await client.ready();
  // It warns and disables itself instead of throwing.
  if (!client.isEnabled()) throw new Error(client._server.error);
  return {
    tools: async () =>
      (await client.getActiveTools(ai)).map(({ __action }) => __action.name.slice(PREFIX.length)),
    async call(name, args) {
      const tool = (await client.getActiveTools(ai)).find(({ __action }) => __action.name === PREFIX + name);
      return tool(args);
    },
    resources: async () =>
      (await client.getActiveResources(ai)).map(({ __action }) => ({ uri: __action.metadata.resource.uri })),
    async read(uri) {
      const found = (await client.getActiveResources(ai)).find(
        ({ __action }) => __action.metadata.resource.uri === uri,
      );
      return found({ uri });
    },
    prompts: async () => (await client.getActivePrompts(ai)).map(({ ref }) => ({ name: ref.name })),
    prompt: async (name, args) => (await client.getPrompt(ai, name)).render(args),
    close: () => client.disable(),
  };
}

await runMcp({
  connect: (token) => connectWith({ requestInit: { headers: bearer(token) } }),
  oauth: {
    begin: (authProvider) => connectWith({ authProvider }),
    finish: (authProvider, callback) =>
      auth(authProvider, { serverUrl: endpoint, authorizationCode: callback.get('code') }),
    connect: (authProvider) => connectWith({ authProvider }),
  },
  without: {
    agent: 'Its models come from other plugins.',
    progress: 'The client does not report progress.',
  },
});
