// One HTTP exchange up to its response headers: checked target, own headers only, no redirect, every failure an error of ours.
import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';

import { AppError } from '#shared/core/errors.ts';

import type { Connector } from './connector.ts';
import type { EgressPolicy, EgressRequest } from './egress-port.ts';
import { egressRejected } from './egress-rejection.ts';
import { parseTarget, type Target } from './target.ts';
import { createTimeouts } from './timeouts.ts';

/** Limits of a request that sets none. */
export const DEFAULT_POLICY = { ports: [443], maxBytes: 1024 * 1024, headersMs: 10_000, idleMs: 10_000 };
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_HEADERS = 100;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** Headers reserved for this module: with them a caller could address another host or frame a second request. */
const RESERVED_HEADERS = new Set([
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
]);

/** @param encodings accepted content encodings; none for streams, because compression delays events */
function requestHeaders({ headers, body }: EgressRequest, encodings: string): Record<string, string> {
  if (Object.keys(headers).some((name) => RESERVED_HEADERS.has(name.toLowerCase())))
    throw egressRejected('header');
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return { ...headers, 'accept-encoding': encodings, ...length };
}

function checkAnswer(answer: IncomingMessage): void {
  // Redirects are rejected: following one would send `x-api-key` to the address in the response.
  if (REDIRECTS.has(answer.statusCode ?? 0)) {
    throw new AppError('upstream_malformed', 'The address returned a redirect.');
  }
  if (answer.rawHeaders.length > 2 * MAX_HEADERS) throw new AppError('upstream_malformed');
}

/** Maps a failure to an error without its message, which may quote a request, an address or a response. */
function toAppError(
  error: unknown,
  { late, answered, caller }: { late: boolean; answered: boolean; caller: unknown },
) {
  if (error instanceof AppError) return error;
  if (caller instanceof AppError) return caller;
  if (late) return new AppError('upstream_timeout');
  const { code = '' } = error as { code?: string };
  if (answered || code.startsWith('HPE_')) return new AppError('upstream_malformed');
  if (code === 'ERR_INVALID_CHAR' || code === 'ERR_INVALID_HTTP_TOKEN') return egressRejected('header');
  return new AppError('upstream_unreachable');
}

function start(
  { url, host, trusted }: Target,
  { agentFor }: Connector,
  { request, encodings, signal }: { request: EgressRequest; encodings: string; signal: AbortSignal },
): ClientRequest {
  const make = url.protocol === 'http:' ? plainRequest : tlsRequest;
  const outgoing = make({
    agent: agentFor({ url, host, trusted }),
    method: request.method,
    host,
    port: url.port,
    path: `${url.pathname}${url.search}`,
    headers: requestHeaders(request, encodings),
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  // Not passed as an option: Node would bind the signal to the connection as well, which may already be back in the
  // pool.
  signal.addEventListener('abort', () => void outgoing.destroy(), { once: true });
  return outgoing;
}

type Site = {
  readonly trustedOrigins: ReadonlySet<string>;
  readonly ownOrigin: string | undefined;
  readonly ownHosts: readonly string[];
  readonly connector: Connector;
};

type Exchange = {
  readonly answer: IncomingMessage;
  readonly restartIdle: () => void;
  readonly drop: () => void;
  /** Destroys the connection. @returns the error to report */
  readonly failed: (error: unknown) => AppError;
  /** Marks the response as fully read: the connection may be reused. */
  readonly served: () => void;
};

/** Exchange up to the response headers. The reader of the body ends it with `served`, `failed` or `drop`. */
export const createOpenExchange =
  ({ connector, ...rules }: Site) =>
  async (request: EgressRequest, policy: EgressPolicy, encodings: string): Promise<Exchange> => {
    const { ports: listed, headersMs, idleMs } = { ...DEFAULT_POLICY, ...policy };
    if (!METHODS.has(request.method)) throw egressRejected('method');
    const target = parseTarget(request.url, { ...rules, ports: listed, bedrock: request.bedrock });
    const { signal: caller, deadlineMs } = request;
    const timeouts = createTimeouts({ deadlineMs, headersMs, idleMs, caller });
    let outgoing: ClientRequest | undefined;
    let answered = false;
    const drop = () => {
      outgoing?.destroy(); // a partly read connection must not return to the pool
      timeouts.done();
    };
    const failed = (error: unknown): AppError => {
      drop();
      return toAppError(error, { late: timeouts.signal.aborted, answered, caller: caller?.reason });
    };
    try {
      timeouts.signal.throwIfAborted();
      outgoing = start(target, connector, { request, encodings, signal: timeouts.signal });
      const answer = await answerTo(outgoing, request.body);
      answered = true;
      timeouts.restartIdle();
      checkAnswer(answer);
      const { socket } = outgoing;
      const served = () => {
        connector.served(socket);
        timeouts.done();
      };
      return { answer, restartIdle: timeouts.restartIdle, failed, drop, served };
    } catch (error) {
      throw failed(error);
    }
  };

const answerTo = (outgoing: ClientRequest, body: EgressRequest['body']): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    let answered = false;
    outgoing.on('response', (answer) => {
      answered = true;
      resolve(answer);
    });
    outgoing.on('error', reject); // stays: an error after the answer must not crash the process
    // A request can also close without a response or an error, for example after an unrequested protocol upgrade.
    outgoing.on('close', () => answered || reject(new AppError('upstream_unreachable')));
    outgoing.end(body);
  });
