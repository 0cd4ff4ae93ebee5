// The official SDK, version 1; several minors of it share these cases.
import { given } from '#test/clients/cases.mjs';

import { sdkConnection } from './sdk-connection.mjs';
import { bearer, endpoint, runMcp } from './shared.mjs';

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
  oauth: {
    begin: (authProvider) => connectWith({ authProvider }),
    finish: (authProvider, callback) =>
      new Transport(endpoint, { authProvider }).finishAuth(callback.get('code')),
    connect: (authProvider) => connectWith({ authProvider }),
  },
});
