// A plain HTTP client with a fixed number of connections; loopback only.
import { Agent, request } from 'node:http';

import type { Sample } from './requests.ts';

export type Client = {
  /** @returns status and milliseconds, to the first byte of the body and to the last */
  readonly send: (sample: Sample) => Promise<{ status: number; firstMs: number; ms: number; body: string }>;
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
          const pieces: Buffer[] = [];
          let firstMs = 0;
          response.on('error', reject);
          response.on('data', (piece: Buffer) => {
            firstMs ||= performance.now() - began;
            pieces.push(piece);
          });
          response.on('end', () => {
            const ms = performance.now() - began;
            const text = Buffer.concat(pieces).toString();
            resolve({ status: response.statusCode ?? 0, firstMs: firstMs || ms, ms, body: text });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });

  return { send, close: () => agent.destroy() };
}
