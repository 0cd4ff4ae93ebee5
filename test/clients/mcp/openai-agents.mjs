// OpenAI's Agents SDK as an MCP client.
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Agent, MCPServerStreamableHttp, OpenAIProvider, Runner, setTracingDisabled } from '@openai/agents';

import { given } from '#test/clients/cases.mjs';

import { bearer, endpoint, runMcp } from './shared.mjs';

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

setTracingDisabled(true);
const runner = new Runner({
  modelProvider: new OpenAIProvider({
    apiKey: given.token,
    baseURL: `${given.url}/v1`,
    useResponses: false,
  }),
});

async function agent(model, prompt) {
  const server = new MCPServerStreamableHttp({ url: endpoint.href, requestInit: { headers: bearer() } });
  await server.connect();
  const results = [];
  for (const convertSchemasToStrict of [false, true]) {
    const config = { name: 'A', model, mcpServers: [server], mcpConfig: { convertSchemasToStrict } };
    results.push(await runner.run(new Agent(config), prompt));
  }
  await server.close();
  return { text: results[0].finalOutput, results: results.map(({ newItems }) => newItems) };
}

await runMcp({
  connect: (token) => connectWith({ requestInit: { headers: bearer(token) } }),
  oauth: {
    begin: (authProvider) => connectWith({ authProvider }),
    finish: (authProvider, callback) =>
      new StreamableHTTPClientTransport(endpoint, { authProvider }).finishAuth(callback),
    connect: (authProvider) => connectWith({ authProvider }),
  },
  agent,
  without: {
    prompts: 'The client does not read prompts.',
    progress: 'The client does not report progress.',
  },
});
