// The Runtime API of one instance: AWS's runtime client polls `next`, then posts a response or an error.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type ByteQueue, createByteQueue } from './byte-queue.ts';
import { type FunctionError, parseFunctionError, responseTooLarge, StreamFault } from './function-error.ts';

/** One event on its way to an instance. */
export type Work = {
  readonly requestId: string;
  readonly functionArn: string;
  readonly traceId: string;
  readonly payload: string;
};

export type Answer =
  | { readonly kind: 'payload'; readonly text: string }
  | { readonly kind: 'error'; readonly error: FunctionError }
  | { readonly kind: 'stream'; readonly body: ByteQueue };

export type RuntimeApi = {
  /** host:port, the value of AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Only while the runtime waits in `next`. */
  readonly send: (work: Work, deadlineMs: number) => void;
  readonly close: () => void;
};

export type RuntimeEvents = {
  /** The runtime polls for work: after its start and after each response. */
  readonly onWaiting: () => void;
  readonly onAnswer: (answer: Answer) => void;
  /** A streamed response has ended, with or without an error. */
  readonly onStreamEnd: () => void;
  readonly onInitError: (error: FunctionError) => void;
};

/** Lambda's limit for a buffered response: 6 MB and 100 bytes. */
export const PAYLOAD_LIMIT = 6 * 1024 * 1024 + 100;
const STREAM_LIMIT = 200 * 1024 * 1024;

async function readText(request: IncomingMessage, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk); // the excess is read and discarded, so that the sender can finish
  }
  return size > limit ? undefined : Buffer.concat(chunks).toString('utf8');
}

/** The error of a stream travels in HTTP trailers, after its last chunk. */
function trailerError(request: IncomingMessage): FunctionError | undefined {
  if (request.trailers['lambda-runtime-function-error-type'] === undefined) return undefined;
  const body = request.trailers['lambda-runtime-function-error-body'] ?? '';
  return parseFunctionError(Buffer.from(body, 'base64').toString('utf8'));
}

async function pump(request: IncomingMessage, body: ByteQueue): Promise<void> {
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= STREAM_LIMIT) body.push(chunk);
    else body.fail(new StreamFault(responseTooLarge(STREAM_LIMIT)));
  }
  const error = trailerError(request);
  if (error === undefined) body.end();
  else body.fail(new StreamFault(error));
}

function writeWork(response: ServerResponse, work: Work, deadlineMs: number): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(work.payload),
    'lambda-runtime-aws-request-id': work.requestId,
    'lambda-runtime-deadline-ms': deadlineMs,
    'lambda-runtime-invoked-function-arn': work.functionArn,
    'lambda-runtime-trace-id': work.traceId,
  });
  response.end(work.payload);
}

function accept(response: ServerResponse): void {
  response.writeHead(202, { 'content-type': 'application/json' });
  response.end('{"status":"OK"}');
}

async function takeResponse(request: IncomingMessage, events: RuntimeEvents): Promise<void> {
  if (request.headers['lambda-runtime-function-response-mode'] === 'streaming') {
    const body = createByteQueue();
    events.onAnswer({ kind: 'stream', body });
    await pump(request, body);
    events.onStreamEnd();
    return;
  }
  const text = await readText(request, PAYLOAD_LIMIT);
  events.onAnswer(
    text === undefined
      ? { kind: 'error', error: responseTooLarge(PAYLOAD_LIMIT) }
      : { kind: 'payload', text },
  );
}

async function takePost(request: IncomingMessage, events: RuntimeEvents): Promise<void> {
  const path = request.url ?? '';
  if (path.endsWith('/response')) return takeResponse(request, events);
  const error = parseFunctionError((await readText(request, PAYLOAD_LIMIT)) ?? '');
  if (path.endsWith('/init/error')) events.onInitError(error);
  else events.onAnswer({ kind: 'error', error });
}

/** One server on a port of its own: the runtime client takes host and port, nothing that could tell instances apart. */
export async function startRuntimeApi(events: RuntimeEvents): Promise<RuntimeApi> {
  let waiting: ServerResponse | undefined;
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      waiting = response;
      events.onWaiting();
      return;
    }
    takePost(request, events).then(
      () => accept(response),
      () => response.destroy(), // the process died during its response; its exit handler reports the reason
    );
  });
  server.keepAliveTimeout = 0; // an idle instance keeps its connection for as long as it lives
  server.requestTimeout = 0; // a streamed answer may take 15 minutes: the function's own timeout bounds it
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });

  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    send(work, deadlineMs) {
      if (waiting === undefined) throw new Error('The runtime does not wait for work.');
      writeWork(waiting, work, deadlineMs);
      waiting = undefined;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
