// A reporter of leaked keys with its published keys, as strict as GitHub's: ECDSA P-256 over the bytes of the body.
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Answer, Portunus } from './portunus.ts';

export type Reported = {
  readonly token: string;
  readonly type: string;
  readonly url?: string;
  readonly source?: string;
};

type Tampering = {
  readonly body?: (body: string) => string;
  readonly headers?: (headers: Record<string, string>) => Record<string, string>;
};

export type LeakReporter = {
  /** Address of the published keys. */
  readonly url: string;
  readonly origin: string;
  readonly report: (portunus: Portunus, leaks: readonly Reported[], tampering?: Tampering) => Promise<Answer>;
  readonly stop: () => Promise<void>;
};

export async function startLeakReporter(): Promise<LeakReporter> {
  const pair: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
  });
  const identifier = randomBytes(32).toString('hex');
  const key = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.end(JSON.stringify({ public_keys: [{ key_identifier: identifier, key, is_current: true }] }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    url: `${origin}/meta/public_keys/secret_scanning`,
    async report(portunus, leaks, tampering = {}) {
      const { body: alter = (text: string) => text, headers: change = (all: object) => all } = tampering;
      const body = JSON.stringify(leaks);
      const headers = {
        accept: '*/*',
        'content-type': 'application/json',
        'github-public-key-identifier': identifier,
        'github-public-key-signature': sign('sha256', Buffer.from(body), pair.privateKey).toString('base64'),
      };
      return portunus.request('POST', '/leak-reports', {
        headers: { ...change(headers) },
        body: alter(body),
      });
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
