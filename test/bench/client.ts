// A plain HTTP client with a fixed number of connections; loopback only.
import { Agent, request } from 'node:http';

import type { Sample } from './requests.ts';

export type Client = {
  /** @returns status and milliseconds to the last byte */
  readonly send: (sample: Sample) => Promise<{ status: number; ms: number }>;
  readonly close: () => void;
};

export function createClient(url: string, connections: number): Client {
  const { hostname, port } = new URL(url);
  if (hostname !== '127.0.0.1') throw new Error('Only this machine is ever measured.');
  const agent = new Agent({ keepAlive: true, maxSockets: connections });

  const send: Client['send'] = ({ method, path, headers = {}, body }) =>
    new Promise((resolve, reject) => {
      const began = performance.now();
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
      const sent = request(
        { hostname, port, agent, method, path, headers: { ...headers, ...length } },
        (response) => {
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, ms: performance.now() - began }),
          );
          response.resume();
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });

  return { send, close: () => agent.destroy() };
}
