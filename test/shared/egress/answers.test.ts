// Accepted answers of upstreams, and the handling of all others.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';

import { createEgress, type EgressPolicy, type EgressRequest } from '#shared/egress/egress.ts';

const open: { close: () => void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function given(origin: string, now?: () => number) {
  const egress = createEgress({ trustedOrigins: [origin], ...(now && { now }) });
  const send = (request: Partial<EgressRequest> = {}, policy?: EgressPolicy) =>
    egress.send({ url: `${origin}/`, method: 'GET', headers: {}, deadlineMs: 5000, ...request }, policy);
  const codeOf = (request: Partial<EgressRequest> = {}, policy?: EgressPolicy) =>
    send(request, policy).then(
      () => 'accepted',
      (error: { code: string }) => error.code,
    );
  return { origin, send, codeOf };
}

async function givenHttp(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  now?: () => number,
) {
  const server = createServer(answer);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  open.push({ close: () => (server.close(), server.closeAllConnections()) });
  return { ...given(await listen(server), now), sockets };
}

/** Says exactly this, to whoever connects. */
async function givenRaw(say: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => say(socket));
  });
  open.push({
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return { ...given(await listen(server)), sockets };
}

/** However it came to that: whoever still writes is told with a reset. */
const closed = (sockets: Iterable<Socket>) =>
  Promise.all(
    [...sockets].map(
      async (socket) => socket.destroyed || new Promise((resolve) => void socket.once('close', resolve)),
    ),
  );

const text = (body: Uint8Array) => Buffer.from(body).toString();
const OK = 'HTTP/1.1 200 OK\r\n';

it('returns status, headers and body unchanged', async () => {
  const { send } = await givenHttp((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(418, { 'X-Method': request.method, 'set-cookie': ['a=1', 'b=2'] });
      response.end(`${String(request.headers['x-api-key'])} ${Buffer.concat(chunks).toString()}`);
    });
  });
  const { status, headers, body } = await send({
    method: 'POST',
    body: 'häi',
    headers: { 'x-api-key': 'k' },
  });
  expect(status).toBe(418);
  expect(headers).toMatchObject({ 'x-method': 'POST', 'set-cookie': 'a=1, b=2' });
  expect(text(body)).toBe('k häi');
});

it.each([
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
  ['GZIP', gzipSync],
  ['identity', (plain: Buffer) => plain],
])('unpacks %s', async (encoding, pack) => {
  const { send } = await givenHttp((_request, response) => {
    response.setHeader('content-encoding', encoding);
    response.end(pack(Buffer.from('{"packed": true}')));
  });
  expect(text((await send()).body)).toBe('{"packed": true}');
});

it.each([204, 304])('takes a %i without a body', async (status) => {
  const { send } = await givenHttp((_request, response) => response.writeHead(status).end());
  expect(await send()).toMatchObject({ status, body: new Uint8Array() });
});

it.each([301, 302, 303, 307, 308])('does not follow a %i, and sends the key nowhere else', async (status) => {
  let caught = 0;
  const catcher = await givenHttp((_request, response) => {
    caught += 1;
    response.end();
  });
  const { send } = await givenHttp((_request, response) =>
    response.writeHead(status, { location: catcher.origin }).end(),
  );
  await expect(send({ headers: { 'x-api-key': 'canary' } })).rejects.toMatchObject({
    code: 'upstream_malformed',
  });
  expect(caught).toBe(0);
});

const zeros = Buffer.alloc(20 * 1024 * 1024);
it.each([
  ['a bomb of gzip', { 'content-encoding': 'gzip' }, () => gzipSync(zeros)],
  [
    'a bomb of brotli',
    { 'content-encoding': 'br' },
    () => brotliCompressSync(zeros.subarray(0, 4 * 1024 * 1024)),
  ],
  ['two layers of gzip', { 'content-encoding': 'gzip, gzip' }, () => gzipSync(gzipSync('x'))],
  ['an unknown encoding', { 'content-encoding': 'zstd' }, () => Buffer.from('x')],
  ['gzip that is none', { 'content-encoding': 'gzip' }, () => Buffer.from('plain text')],
  ['gzip cut short', { 'content-encoding': 'gzip' }, () => gzipSync('x'.repeat(1000)).subarray(0, 20)],
  ['a body over the limit', {}, () => zeros.subarray(0, 1024 * 1024 + 1)],
  [
    '101 headers',
    Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`h${n}`, 'x'])),
    () => Buffer.from('x'),
  ],
  ['17 KiB of headers', { long: 'x'.repeat(17 * 1024) }, () => Buffer.from('x')],
])('rejects %s', async (_what, headers, body) => {
  const packed = body();
  const { codeOf } = await givenHttp((_request, response) => {
    response.writeHead(200, headers as Record<string, string>);
    response.end(packed);
  });
  expect(await codeOf()).toBe('upstream_malformed');
});

it('keeps no connection with a partly read response', async () => {
  const { codeOf, sockets } = await givenRaw((socket) =>
    socket.write(`${OK}content-length: 9999999\r\n\r\nx`),
  );
  expect(await codeOf()).toBe('upstream_malformed');
  await closed(sockets);
});

it('unpacks far above a hundredfold only while it is small', async () => {
  let size = 60_000;
  const { codeOf } = await givenHttp((_request, response) => {
    response.setHeader('content-encoding', 'gzip');
    response.end(gzipSync(Buffer.alloc(size)));
  });
  expect(await codeOf()).toBe('accepted');
  size = 600_000;
  expect(await codeOf()).toBe('upstream_malformed');
});

it('takes a larger body where the call allows it', async () => {
  const { send, codeOf } = await givenHttp((_request, response) =>
    response.end(zeros.subarray(0, 3_000_000)),
  );
  expect((await send({}, { maxBytes: 3_000_000 })).body).toHaveLength(3_000_000);
  expect(await codeOf({}, { maxBytes: 2_999_999 })).toBe('upstream_malformed');
});

it.each([
  ['garbage', 'garbage\r\n\r\n', 'upstream_malformed'],
  ['a half status line', 'HTTP/1.1 2', 'upstream_unreachable'],
  ['a body shorter than promised', `${OK}content-length: 100\r\n\r\nshort`, 'upstream_malformed'],
  ['two lengths', `${OK}content-length: 1\r\ncontent-length: 2\r\n\r\nx`, 'upstream_malformed'],
  [
    'a length and chunks',
    `${OK}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx`,
    'upstream_malformed',
  ],
  ['garbage among the chunks', `${OK}transfer-encoding: chunked\r\n\r\nzz\r\n`, 'upstream_malformed'],
  ['chunks without an end', `${OK}transfer-encoding: chunked\r\n\r\n1\r\nx\r\n`, 'upstream_malformed'],
  ['a gigabyte promised', `${OK}content-length: 1000000000\r\n\r\nx`, 'upstream_malformed'],
  ['nothing at all', '', 'upstream_unreachable'],
])('maps %s to an error code', async (_what, said, code) => {
  const { codeOf } = await givenRaw((socket) => socket.end(said));
  expect(await codeOf()).toBe(code);
});

it('switches no protocol', async () => {
  const { codeOf } = await givenRaw((socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
  );
  expect(await codeOf()).toBe('upstream_unreachable');
});

function drip(socket: Socket, piece: string): void {
  const timer = setInterval(() => socket.write(piece), 20);
  socket.on('close', () => clearInterval(timer));
}

it.each([
  ['says nothing', () => undefined],
  ['stops among its headers', (socket: Socket) => socket.write(`${OK}content-le`)],
  ['drips headers', (socket: Socket) => (socket.write(OK), drip(socket, 'a: b\r\n'))],
  ['only ever says wait', (socket: Socket) => drip(socket, 'HTTP/1.1 102 Processing\r\n\r\n')],
  [
    'drips a body',
    (socket: Socket) => (socket.write(`${OK}content-length: 1000000\r\n\r\n`), drip(socket, 'x')),
  ],
])('ends at the deadline a call to an upstream that %s', async (_what, say) => {
  const { codeOf, sockets } = await givenRaw(say);
  expect(await codeOf({ deadlineMs: 300 })).toBe('upstream_timeout');
  await closed(sockets);
});

it('waits for the headers, and for each piece of the body, as long as the call allows', async () => {
  const silent = await givenRaw(() => undefined);
  expect(await silent.codeOf({}, { headersMs: 50 })).toBe('upstream_timeout');
  const stuck = await givenRaw((socket) => socket.write(`${OK}content-length: 2\r\n\r\nx`));
  expect(await stuck.codeOf({}, { idleMs: 50 })).toBe('upstream_timeout');
});

it('ends with the caller, and does not begin without one', async () => {
  const { codeOf, sockets } = await givenRaw(() => undefined);
  const caller = new AbortController();
  const code = codeOf({ signal: caller.signal });
  while (sockets.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  caller.abort();
  expect(await code).toBe('upstream_timeout');
  expect(await codeOf({ signal: caller.signal })).toBe('upstream_timeout');
  expect(await codeOf({ deadlineMs: 0 })).toBe('upstream_timeout');
  expect(sockets.size).toBe(1);
});

it('reports failures without quoting foreign messages', async () => {
  const { send } = await givenRaw((socket) => socket.end('canary canary canary\r\n\r\n'));
  const error = await send({ headers: { 'x-api-key': 'canary' } }).catch((rejection: unknown) => rejection);
  expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('canary');
  expect(error).not.toHaveProperty('cause');
});

it('cannot reach a closed port', async () => {
  const { origin, codeOf } = await givenHttp(() => undefined);
  for (const one of open.splice(0)) one.close();
  expect([origin, await codeOf()]).toEqual([origin, 'upstream_unreachable']);
});

it('uses a connection again, unless it has been idle for longer than servers wait', async () => {
  const clock = { now: 1_000_000 };
  const { send, sockets } = await givenHttp(
    (_request, response) => response.end('x'),
    () => clock.now,
  );
  await send();
  await new Promise(setImmediate);
  await send();
  expect(sockets.size).toBe(1);
  clock.now += 60_000; // a frozen Lambda's clock leaps
  await new Promise(setImmediate);
  await send();
  expect(sockets.size).toBe(2);
});

it('never returns a response to another caller, even after aborted calls', async () => {
  const { origin, send } = await givenHttp((request, response) => {
    setTimeout(() => response.end(request.url), Number(request.headers['x-wait']));
  });
  const foreign: string[] = [];
  const cut: number[] = [];
  const call = async (n: number) => {
    const late = n % 3 === 0;
    const headers = { 'x-wait': late ? '60' : '0' };
    try {
      const { body } = await send({ url: `${origin}/${n}`, headers, deadlineMs: late ? 20 : 5000 });
      if (text(body) !== `/${n}`) foreign.push(`${n}: ${text(body)}`);
    } catch {
      cut.push(n);
    }
  };
  for (let round = 0; round < 15; round += 1) {
    await Promise.all(Array.from({ length: 20 }, (_, n) => call(round * 20 + n)));
  }
  expect(foreign).toEqual([]);
  expect(cut.length).toBeGreaterThan(0);
  expect(cut.every((n) => n % 3 === 0)).toBe(true);
});
