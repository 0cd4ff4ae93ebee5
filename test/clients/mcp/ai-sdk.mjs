// The MCP client of the Vercel AI SDK.
import { createAnthropic } from '@ai-sdk/anthropic';
import { auth, createMCPClient } from '@ai-sdk/mcp';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, isStepCount } from 'ai';

import { given } from '#test/clients/cases.mjs';

import { bearer, endpoint, runMcp } from './shared.mjs';

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

const models = {
  openai: createOpenAI({ baseURL: `${given.url}/v1`, apiKey: given.token }).chat,
  anthropic: createAnthropic({ baseURL: `${given.url}/v1`, apiKey: given.token }),
};

/** Each dialect of ours with the tools of an MCP server. */
async function agent(model, prompt) {
  const client = await createMCPClient({
    transport: { type: 'http', url: endpoint.href, headers: bearer() },
  });
  const tools = await client.tools();
  const answers = [];
  for (const dialect of Object.values(models)) {
    const options = { model: dialect(model), prompt, tools, maxRetries: 0, stopWhen: isStepCount(3) };
    answers.push(await generateText(options));
  }
  await client.close();
  const [{ text }] = answers;
  return { text, results: answers.map(({ steps }) => steps.map(({ toolResults }) => toolResults)) };
}

await runMcp({
  connect: (token) => connectWith({ headers: bearer(token) }),
  oauth: {
    begin: (authProvider) => connectWith({ authProvider }),
    finish: (authProvider, callback) =>
      auth(authProvider, {
        serverUrl: endpoint,
        authorizationCode: callback.get('code'),
        callbackIssuer: callback.get('iss') ?? undefined,
      }),
    connect: (authProvider) => connectWith({ authProvider }),
  },
  agent,
  without: { progress: 'The client does not report progress.' },
});
