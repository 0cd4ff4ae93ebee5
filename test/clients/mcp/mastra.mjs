// Mastra's MCP client.
import { Agent } from '@mastra/core/agent';
import { MCPClient, MCPOAuthClientProvider } from '@mastra/mcp';

import { browseToCallback } from '#test/clients/browser.mjs';
import { given } from '#test/clients/cases.mjs';

import { bearer, endpoint, runMcp } from './shared.mjs';

const SERVER = 'portunus';
const PREFIX = `${SERVER}_`;
let clients = 0;

function newClient(options) {
  clients += 1;
  const servers = { [SERVER]: { url: endpoint, enableProgressTracking: true, ...options } };
  return new MCPClient({ id: `client ${clients}`, servers });
}

async function connectionOf(client) {
  const failed = (await client.listToolsWithErrors()).errors[SERVER];
  if (failed) throw new Error(failed);
  return {
    tools: async () => Object.keys(await client.listTools()).map((name) => name.slice(PREFIX.length)),
    async call(name, args, hear) {
      if (hear) await client.progress.onUpdate(SERVER, hear);
      const { [PREFIX + name]: tool } = await client.listTools();
      return tool.execute(args, {});
    },
    resources: async () => (await client.resources.list())[SERVER],
    read: (uri) => client.resources.read(SERVER, uri),
    prompts: async () => (await client.prompts.list())[SERVER],
    prompt: (name, args) => client.prompts.get({ serverName: SERVER, name, args }),
    close: () => client.disconnect(),
  };
}

const REDIRECT = 'http://127.0.0.1:54821/callback';

async function signIn() {
  const authProvider = new MCPOAuthClientProvider({
    redirectUrl: REDIRECT,
    clientMetadata: { redirect_uris: [REDIRECT], client_name: 'mastra' },
    clientInformation: { client_id: 'portunus-cli' },
    onRedirectToAuthorization: async (url) => {
      await fetch(await browseToCallback(url));
    },
  });
  const client = newClient({ authProvider });
  await client.authenticate(SERVER);
  return connectionOf(client);
}

async function agent(model, prompt) {
  const client = newClient({ requestInit: { headers: bearer() } });
  const answer = await new Agent({
    id: 'a',
    name: 'A',
    instructions: 'Answer briefly.',
    model: { id: `portunus/${model}`, url: `${given.url}/v1`, apiKey: given.token },
    tools: await client.listTools(),
  }).generate(prompt.replace('text_hash', `${PREFIX}text_hash`));
  await client.disconnect();
  return { text: answer.text.replace(PREFIX, ''), results: [answer.steps] };
}

await runMcp({
  connect: (token) => connectionOf(newClient({ requestInit: { headers: bearer(token) } })),
  signIn,
  agent,
  notes: { 'sign-in': 'With the id of a registered client: this client does not register itself.' },
});
