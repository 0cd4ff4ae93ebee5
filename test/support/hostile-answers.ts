// Answers of an upstream that means no good. Those without an end stop when the other side hangs up.
import type { ServerResponse } from 'node:http';
import { brotliCompressSync, createGzip, gzipSync } from 'node:zlib';

import type { Upstream } from './upstream.ts';

export type Hostile = Parameters<Upstream['answer']>[0];

const MEGABYTE = 1024 * 1024;
const BOMB_MEGABYTES = 200;

/** Writes as fast as it is taken, for ever. */
function flood(out: NodeJS.WritableStream, response: ServerResponse, piece: string | Buffer): void {
  const { socket } = response;
  const pump = (): void => {
    if (socket?.destroyed !== false) return;
    if (out.write(piece)) setImmediate(pump);
    else out.once('drain', pump);
  };
  pump();
}

const raw = (response: ServerResponse, head: string) => {
  const { socket } = response;
  socket?.on('error', () => undefined);
  socket?.write(head);
  return socket as NodeJS.WritableStream;
};

const every = (ms: number, response: ServerResponse, piece: string) => {
  const timer = setInterval(() => response.write(piece), ms);
  response.on('close', () => clearInterval(timer));
};

/** A little that becomes 200 MB. Made once: packing it takes a while. */
const zeros = Buffer.alloc(BOMB_MEGABYTES * MEGABYTE);
const gzipBomb = gzipSync(zeros);
const packings: Readonly<Record<string, readonly [encoding: string, body: Buffer]>> = {
  '200 MB of gzip': ['gzip', gzipBomb],
  '200 MB of brotli': ['br', brotliCompressSync(zeros, { params: { 1: 4 } })],
  'gzip in gzip': ['gzip', gzipSync(gzipBomb)],
  'two layers that say so': ['gzip, gzip', gzipSync(gzipBomb)],
  'a packing nobody asked for': ['zstd', gzipBomb],
  'a packing that is none': ['gzip', Buffer.from('{"sky":"clear"}')],
};

const head = { 'content-type': 'application/json' };

/** Too much, or nothing that HTTP would allow: rejected as soon as it shows. */
export const TOO_MUCH: Readonly<Record<string, Hostile>> = {
  ...Object.fromEntries(
    Object.entries(packings).map(([name, [encoding, body]]): [string, Hostile] => [
      name,
      (_asked, response) => response.writeHead(200, { ...head, 'content-encoding': encoding }).end(body),
    ]),
  ),
  'a length of 1 GB': (_asked, response) => {
    response.writeHead(200, { ...head, 'content-length': String(1024 * MEGABYTE) });
    flood(response, response, Buffer.alloc(MEGABYTE, ' '));
  },
  'a body without an end': (_asked, response) => {
    response.writeHead(200, head);
    flood(response, response, Buffer.alloc(MEGABYTE, ' '));
  },
  'a packed body without an end': (_asked, response) => {
    response.writeHead(200, { ...head, 'content-encoding': 'gzip' });
    const gzip = createGzip();
    gzip.pipe(response);
    response.on('close', () => gzip.destroy());
    flood(gzip, response, Buffer.alloc(MEGABYTE, ' '));
  },
  'a body in single bytes': (_asked, response) =>
    flood(
      raw(response, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'),
      response,
      '1\r\n \r\n'.repeat(10_000),
    ),
  'a chunk without an end': (_asked, response) =>
    flood(
      raw(response, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffff0\r\n'),
      response,
      ' '.repeat(65_536),
    ),
  'a million headers': (_asked, response) =>
    flood(raw(response, 'HTTP/1.1 200 OK\r\n'), response, 'x-more: of the same\r\n'.repeat(1000)),
  'a header without an end': (_asked, response) =>
    flood(raw(response, 'HTTP/1.1 200 OK\r\nx-long: '), response, 'x'.repeat(65_536)),
  '200 headers': (_asked, response) =>
    raw(response, `HTTP/1.1 200 OK\r\n${'x-more: 1\r\n'.repeat(200)}content-length: 2\r\n\r\n{}`),
  'chunks that are none': (_asked, response) =>
    raw(response, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nno\r\n'),
  'two lengths': (_asked, response) =>
    raw(response, 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 15\r\n\r\n{"sky":"clear"}'),
  'less than its length': (_asked, response) => {
    raw(response, 'HTTP/1.1 200 OK\r\ncontent-length: 150\r\n\r\n{"sky":"clear"}').end();
  },
  'no HTTP': (_asked, response) => raw(response, 'SSH-2.0-OpenSSH_9.2\r\n\r\n'),
};

/** Always about to go on: ended by our patience alone. */
export const TOO_SLOW: Readonly<Record<string, Hostile>> = {
  'one byte every 100 ms': (_asked, response) => {
    response.writeHead(200, head);
    every(100, response, ' ');
  },
  'headers, and then nothing': (_asked, response) => response.writeHead(200, head).flushHeaders(),
  'nothing at all': () => undefined,
  'a header every 100 ms': (_asked, response) => {
    const out = raw(response, 'HTTP/1.1 200 OK\r\n');
    const timer = setInterval(() => out.write('x: 1\r\n'), 100);
    response.socket?.on('close', () => clearInterval(timer));
  },
  'a promise to go on, again and again': (_asked, response) =>
    flood(raw(response, ''), response, 'HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n'.repeat(100)),
};

/** Small, in time, and not JSON that means what it says. */
export const NOT_JSON: Readonly<Record<string, string | Buffer>> = {
  'half of it': '{"sky": "cl',
  'a name twice': '{"sky":"a","sky":"b"}',
  'a name twice, once escaped': '{"sky":"a","\\u0073ky":"b"}',
  'a prototype': '{"sky":"a","__proto__":{"polluted":true}}',
  'a prototype, escaped': '{"sky":"a","\\u005f_proto__":{"polluted":true}}',
  NaN: '{"sky":NaN}',
  Infinity: '{"sky":"a","n":Infinity}',
  'a number without an end': '{"sky":"a","n":1e999}',
  'bytes that are no UTF-8': Buffer.from([...Buffer.from('{"sky":"'), 0xff, 0xfe, ...Buffer.from('"}')]),
  'letters written too long': Buffer.from([...Buffer.from('{"sky":"'), 0xc0, 0xaf, ...Buffer.from('"}')]),
  'UTF-16': Buffer.from('{"sky":"clear"}', 'utf16le'),
  'two values': '{"sky":"a"}{"sky":"b"}',
  'a comment': '{"sky":"a"/* */}',
  'a comma too many': '{"sky":"a",}',
  '100,000 values': JSON.stringify({ sky: 'a', more: Array(100_000).fill(0) }),
  '1,000 deep': `{"sky":${'['.repeat(1000)}${']'.repeat(1000)}}`,
  '400,000 deep': '['.repeat(400_000),
};

const stream = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' });
const notice = JSON.stringify({
  jsonrpc: '2.0',
  method: 'notifications/message',
  params: { data: 'x'.repeat(200) },
});

/** Streams of events without an end. */
export const ENDLESS_EVENTS: Readonly<Record<string, Hostile>> = {
  notices: (_asked, response) => flood(stream(response), response, `data: ${notice}\n\n`.repeat(100)),
  comments: (_asked, response) => flood(stream(response), response, ': still here\n\n'.repeat(1000)),
  'empty lines': (_asked, response) => flood(stream(response), response, '\n'.repeat(65_536)),
  'one line': (_asked, response) => flood(stream(response), response, 'x'.repeat(65_536)),
  'one event': (_asked, response) =>
    flood(stream(response), response, `data: ${'x'.repeat(1000)}\n`.repeat(60)),
  'one line in single bytes': (_asked, response) =>
    flood(
      raw(
        response,
        'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n',
      ),
      response,
      '1\r\nx\r\n'.repeat(10_000),
    ),
};

export const SLOW_EVENTS: Hostile = (_asked, response) => {
  stream(response);
  every(100, response, ': still here\n\n');
};

/** The right answer, and then no end. */
export const answerWithoutEnd =
  (answer: object): Hostile =>
  (_asked, response) => {
    stream(response).write(`data: ${JSON.stringify(answer)}\n\n`);
    every(20, response, `data: ${notice}\n\n`);
  };
