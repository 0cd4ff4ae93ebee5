// LangChain's adapters for MCP servers.
import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { createReactAgent } from '@langchain/langgraph/prebuilt';
import { ChatOpenAI } from '@langchain/openai';
import { auth } from '@modelcontextprotocol/sdk/client/auth.js';

import { given } from '#test/clients/cases.mjs';

import { sdkConnection } from './sdk-connection.mjs';
import { bearer, endpoint, runMcp } from './shared.mjs';

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

async function agent(model, prompt) {
  const client = new MultiServerMCPClient({
    mcpServers: { portunus: { transport: 'http', url: endpoint.href, headers: bearer() } },
  });
  const llm = new ChatOpenAI({
    model,
    apiKey: given.token,
    configuration: { baseURL: `${given.url}/v1` },
    maxRetries: 0,
  });
  const { messages } = await createReactAgent({ llm, tools: await client.getTools() }).invoke({
    messages: [{ role: 'user', content: prompt }],
  });
  await client.close();
  const results = messages.filter((message) => message.getType() === 'tool').map(({ text }) => text);
  return { text: messages.at(-1).text, results: [results] };
}

await runMcp({
  connect: (token) => connectWith({ headers: bearer(token) }),
  oauth: {
    begin: (authProvider) => connectWith({ authProvider }),
    finish: (authProvider, callback) =>
      auth(authProvider, { serverUrl: endpoint, authorizationCode: callback.get('code') }),
    connect: (authProvider) => connectWith({ authProvider }),
  },
  agent,
});
