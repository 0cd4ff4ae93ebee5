// The official client, version 2, in the protocol era that its arguments name.
import { Client, StreamableHTTPClientTransport as Transport } from '@modelcontextprotocol/client';

import { given } from '#test/clients/cases.mjs';

import { sdkConnection } from './sdk-connection.mjs';
import { bearer, endpoint, runMcp } from './shared.mjs';

const [era] = given.arguments;
const eraOptions = era === 'modern' ? { versionNegotiation: { mode: 'auto' } } : {};
const newClient = () => new Client({ name: 'a client', version: '1.0.0' }, eraOptions);

async function connectWith(options) {
  const client = newClient();
  await client.connect(new Transport(endpoint, options));
  return sdkConnection(client);
}

await runMcp({
  connect: (token) => connectWith({ requestInit: { headers: bearer(token) } }),
  oauth: {
    begin: (authProvider) => connectWith({ authProvider }),
    finish: (authProvider, callback) => new Transport(endpoint, { authProvider }).finishAuth(callback),
    connect: (authProvider) => connectWith({ authProvider }),
  },
});
