// The official client, version 2, in the protocol era that its arguments name.
import assert from 'node:assert/strict';

import {
  Client,
  StreamableHTTPClientTransport as Transport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';

import { given } from '#test/clients/cases.mjs';

import { sdkConnection } from './sdk-connection.mjs';
import { bearer, createAuthProvider, endpoint, runMcp } from './shared.mjs';

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
  async signIn() {
    const { provider, signIn } = createAuthProvider();
    const transport = new Transport(endpoint, { authProvider: provider });
    await assert.rejects(newClient().connect(transport), UnauthorizedError);
    await transport.finishAuth(await signIn());
    return connectWith({ authProvider: provider });
  },
});
