// Rules that hold behind others, or where no answer shows that they were broken.
import { once } from 'node:events';
import { request } from 'node:https';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';

import { isPublicAddress } from '#shared/egress/address.ts';
import { createConnector } from '#shared/egress/connector.ts';
import { createEgress, type EgressRequest } from '#shared/egress/egress.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** Answers the first bytes of each connection with this text; counts the connections. */
async function given(answer: string | undefined) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answer !== undefined && socket.write(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const egress = createEgress({ trustedOrigins: [origin] });
  const asked: EgressRequest = { url: `${origin}/`, method: 'GET', headers: {}, deadlineMs: 5000 };
  return { egress, asked, sockets, port, origin };
}

const OURS = [
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

describe('a header that frames or routes a request', () => {
  it.each(OURS.flatMap((name) => [name, name.toUpperCase()]))(
    'is not the caller’s to set: %s',
    async (name) => {
      const { egress, asked, sockets } = await given(undefined);
      const headers = { [name]: 'x' };
      await expect(egress.send({ ...asked, headers })).rejects.toMatchObject({ code: 'egress_refused' });
      await expect(egress.stream({ ...asked, headers })).rejects.toMatchObject({ code: 'egress_refused' });
      expect(sockets).toHaveLength(0);
    },
  );
});

describe('the origin of this gateway', () => {
  it('is not called, even if the stage lists it as trusted', () => {
    const own = 'https://api.example.org';
    const trusting = createEgress({ trustedOrigins: [own], ownOrigin: own });
    expect(() => trusting.check(`${own}/mcp`)).toThrow(expect.objectContaining({ code: 'egress_refused' }));
    expect(() => createEgress({ trustedOrigins: [own] }).check(`${own}/mcp`)).not.toThrow();
  });
});

const crumbs = (bytes: number) =>
  `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(bytes)}0\r\n\r\n`;

describe('a body in chunks of one byte', () => {
  it('is read while it is small', async () => {
    const { egress, asked } = await given(crumbs(5000));
    expect((await egress.send(asked)).body).toHaveLength(5000);
  });

  it('ends the call where its frames weigh far more than it holds, whole or as a stream', async () => {
    const { egress, asked } = await given(crumbs(60_000));
    await expect(egress.send(asked)).rejects.toMatchObject({ code: 'upstream_malformed' });
    const { body } = await egress.stream(asked);
    await expect(Array.fromAsync(body)).rejects.toMatchObject({ code: 'upstream_malformed' });
  });
});

describe('an address that cannot be reached', () => {
  it('is reported without a foreign message', async () => {
    const { egress, asked, port } = await given(undefined);
    for (const stop of stops.splice(0)) stop();
    const error: unknown = await egress.send(asked).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'upstream_unreachable', message: 'The provider is unreachable.' });
    expect(JSON.stringify([error, String(error)])).not.toContain(String(port));
    expect(error).not.toHaveProperty('cause');
  });
});

describe('a connection behind the guard', () => {
  it('is not opened to an internal IP literal that passed the URL rules', async () => {
    const { sockets, port } = await given(undefined);
    const connector = createConnector({ lookup: async () => [], isPublic: isPublicAddress, now: Date.now });
    const url = new URL(`https://127.0.0.1:${port}/`);
    const agent = connector.agentFor({ url, host: '127.0.0.1', trusted: false });
    const outgoing = request({ agent, host: '127.0.0.1', port });
    const [error] = (await once(outgoing, 'error')) as [unknown];
    expect(error).toMatchObject({ code: 'egress_refused' });
    expect(sockets).toHaveLength(0);
  });
});
