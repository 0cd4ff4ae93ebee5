// Answers that are handed on as they come.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';

import { createEgress, type EgressPolicy, type EgressRequest } from '#shared/egress/egress.ts';

const open: { close: () => void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function given(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  open.push({ close: () => (server.close(), server.closeAllConnections()) });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const egress = createEgress({ trustedOrigins: [origin] });
  const stream = (request: Partial<EgressRequest> = {}, policy?: EgressPolicy) =>
    egress.stream({ url: `${origin}/`, method: 'GET', headers: {}, deadlineMs: 5000, ...request }, policy);
  return { stream, sockets, origin };
}

const closed = (sockets: Iterable<Socket>) =>
  Promise.all([...sockets].map(async (socket) => socket.destroyed || once(socket, 'close')));

const readAll = async (body: AsyncIterable<Uint8Array>) =>
  Buffer.concat(await Array.fromAsync(body)).toString();

it('are read piece by piece, before the sender has finished', async () => {
  let finish: (() => void) | undefined;
  const { stream } = await given((_request, response) => {
    response.writeHead(201, { 'x-kind': 'drip' }).write('one');
    finish = () => void response.end('two');
  });
  const { status, headers, body } = await stream();
  expect([status, headers['x-kind']]).toEqual([201, 'drip']);
  const seen: string[] = [];
  for await (const piece of body) {
    seen.push(Buffer.from(piece).toString());
    finish?.();
  }
  expect(seen).toEqual(['one', 'two']);
});

it('use the connection again once they are read to their end', async () => {
  const { stream, sockets } = await given((_request, response) => response.end('whole'));
  for (let round = 0; round < 3; round += 1) expect(await readAll((await stream()).body)).toBe('whole');
  expect(sockets.size).toBe(1);
});

it('close the connection when the reader stops', async () => {
  const { stream, sockets } = await given((_request, response) => response.write('endless'));
  const { body } = await stream();
  for await (const _piece of body) break;
  expect(await closed(sockets)).toHaveLength(1);
});

it('are cleaned up when the caller aborts before reading', async () => {
  const { stream, sockets } = await given((_request, response) => response.end('whole'));
  for (let round = 0; round < 20; round += 1) {
    const caller = new AbortController();
    const { body } = await stream({ signal: caller.signal });
    if (round > 10) await body[Symbol.asyncIterator]().next();
    if (round % 2) await new Promise((resolve) => setTimeout(resolve, 5));
    caller.abort();
  }
  expect(await readAll((await stream()).body)).toBe('whole');
  expect(sockets.size).toBeGreaterThan(0);
});

it('close the connection when the caller gives up, and say so', async () => {
  const { stream, sockets } = await given((_request, response) => response.write('endless'));
  const caller = new AbortController();
  const { body } = await stream({ signal: caller.signal });
  const reading = readAll(body);
  caller.abort();
  await expect(reading).rejects.toMatchObject({ code: 'upstream_timeout' });
  await closed(sockets);
});

it.each([
  ['falls silent', { idleMs: 30 }, {}],
  ['never ends', {}, { deadlineMs: 60 }],
])('end when the sender %s', async (_how, policy, request) => {
  const { stream, sockets } = await given((_request, response) => {
    response.write('a');
    const timer = _how === 'never ends' ? setInterval(() => response.write('a'), 5) : undefined;
    response.on('close', () => clearInterval(timer));
  });
  const { body } = await stream(request, policy);
  await expect(readAll(body)).rejects.toMatchObject({ code: 'upstream_timeout' });
  await closed(sockets);
});

it.each<[string, (response: ServerResponse) => void]>([
  ['breaks off', (response) => response.write('half', () => response.destroy())],
  ['sends more than it may', (response) => response.end('x'.repeat(2048))],
  [
    'packs what nobody asked to be packed',
    (response) => void response.setHeader('content-encoding', 'gzip').end(gzipSync('packed')),
  ],
])('fail when the sender %s', async (_how, answer) => {
  const { stream, sockets } = await given((_request, response) => answer(response));
  const { body } = await stream({}, { maxBytes: 1024 });
  await expect(readAll(body)).rejects.toMatchObject({ code: 'upstream_malformed' });
  await closed(sockets);
});

it('are subject to the same guard', async () => {
  const { stream, origin } = await given((_request, response) =>
    response.writeHead(302, { location: '/' }).end(),
  );
  await expect(stream()).rejects.toMatchObject({ code: 'upstream_malformed' });
  const guarded = createEgress({ trustedOrigins: [] });
  const request = { url: `${origin}/`, method: 'GET', headers: {}, deadlineMs: 1000 };
  await expect(guarded.stream(request)).rejects.toMatchObject({ code: 'egress_refused' });
});
