// The official SDK, version 1; several minors of it share these cases.
import assert from 'node:assert/strict';

import { given } from '#test/clients/cases.mjs';

import { sdkConnection } from './sdk-connection.mjs';
import { bearer, createAuthProvider, endpoint, runMcp } from './shared.mjs';

const { Client } = await import(`${given.module}/client/index.js`);
const { StreamableHTTPClientTransport: Transport } = await import(`${given.module}/client/streamableHttp.js`);
const newClient = () => new Client({ name: 'a client', version: '1.0.0' });

async function connectWith(options) {
  const client = newClient();
  await client.connect(new Transport(endpoint, options));
  return sdkConnection(client, { schemaArgument: true });
}

await runMcp({
  connect: (token) => connectWith({ requestInit: { headers: bearer(token) } }),
  async signIn() {
    const { provider, signIn } = createAuthProvider();
    const transport = new Transport(endpoint, { authProvider: provider });
    await assert.rejects(newClient().connect(transport), /Unauthorized/);
    await transport.finishAuth((await signIn()).get('code'));
    return connectWith({ authProvider: provider });
  },
});
