// The MCP client of the Vercel AI SDK.
import assert from 'node:assert/strict';

import { auth, createMCPClient, UnauthorizedError } from '@ai-sdk/mcp';

import { bearer, createAuthProvider, endpoint, runMcp } from './shared.mjs';

async function connectWith(options) {
  const client = await createMCPClient({ transport: { type: 'http', url: endpoint.href, ...options } });
  return {
    tools: async () => Object.keys(await client.tools()),
    async call(name, args) {
      const { [name]: tool } = await client.tools();
      return tool.execute(args, { toolCallId: '1', messages: [] });
    },
    resources: async () => (await client.listResources()).resources,
    read: (uri) => client.readResource({ uri }),
    prompts: async () => (await client.listPrompts()).prompts,
    prompt: (name, args) => client.getPrompt({ name, arguments: args }),
    close: () => client.close(),
  };
}

await runMcp({
  connect: (token) => connectWith({ headers: bearer(token) }),
  async signIn() {
    const { provider, signIn } = createAuthProvider();
    await assert.rejects(connectWith({ authProvider: provider }), UnauthorizedError);
    const callback = await signIn();
    await auth(provider, {
      serverUrl: endpoint,
      authorizationCode: callback.get('code'),
      callbackIssuer: callback.get('iss') ?? undefined,
    });
    return connectWith({ authProvider: provider });
  },
  without: { progress: 'The client does not report progress.' },
});
