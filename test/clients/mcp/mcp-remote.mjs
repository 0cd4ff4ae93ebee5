// mcp-remote: lets a client that only knows stdio reach a remote server; the official SDK stands on its other side.
import { given } from '#test/clients/cases.mjs';
import { commandFile, environment } from '#test/clients/command-line.mjs';
import { Client } from 'mcp-sdk-1.32/client/index.js';
import { StdioClientTransport } from 'mcp-sdk-1.32/client/stdio.js';

import { sdkConnection } from './sdk-connection.mjs';
import { endpoint, runMcp } from './shared.mjs';

async function connectWith(args) {
  const client = new Client({ name: 'a client', version: '1.0.0' });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [commandFile('mcp-remote', 'dist/proxy.js'), endpoint.href, ...given.arguments, ...args],
    env: environment,
    stderr: given.verbose ? 'inherit' : 'pipe',
  });
  let said = '';
  transport.stderr?.on('data', (chunk) => (said += chunk));
  try {
    await client.connect(transport);
  } catch (error) {
    throw new Error(`${error.message} ${said.slice(-2000)}`);
  }
  return sdkConnection(client, { schemaArgument: true });
}

await runMcp({
  connect: (token) => connectWith(['--header', `Authorization:Bearer ${token}`]),
  signIn: () => connectWith([]),
});
