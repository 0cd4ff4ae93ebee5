// An HTTP service on loopback that a test writes the answers of, and that keeps what it was asked.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Asked = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};
export type Upstream = {
  readonly url: string;
  readonly asked: Asked[];
  /** From now on. */
  readonly answer: (how: How) => void;
  readonly stop: () => void;
};

export const json = (response: ServerResponse, value: unknown, status = 200) =>
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(typeof value === 'string' ? value : JSON.stringify(value));

type How = (asked: Asked, response: ServerResponse, request: IncomingMessage) => void;
const emptyObject: How = (_asked, response) => json(response, {});

export async function startUpstream(): Promise<Upstream> {
  const asked: Asked[] = [];
  let how = emptyObject;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const one = { method, path, headers, body: Buffer.concat(chunks).toString() };
      asked.push(one);
      how(one, response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    answer: (next) => void (how = next),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
