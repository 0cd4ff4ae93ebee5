// All outbound HTTP goes through `send` or `stream` of this module.
import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';

import { AppError } from '#shared/core/errors.ts';

import { isPublicAddress } from './address.ts';
import { piecesOf, readBody } from './body.ts';
import { type Connector, createConnector, type Lookup, systemLookup } from './connector.ts';
import { createTimeouts } from './timeouts.ts';
import { egressRejected } from './egress-rejection.ts';
import { originsOf, type Target, targetOf } from './target.ts';

export type EgressRequest = {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly deadlineMs: number;
  /** The request carries a key of Amazon Bedrock: its runtime is the one AWS API that it may reach. */
  readonly bedrock?: boolean | undefined;
};

/** Overrides of the default limits. */
export type EgressPolicy = {
  readonly ports?: readonly number[];
  /** Maximum size of the decompressed body. */
  readonly maxBytes?: number;
  /** Maximum time until the response headers. */
  readonly headersMs?: number;
  readonly idleMs?: number;
};

export type EgressResponse = {
  readonly status: number;
  /** Lower-case header names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/** Body as a stream for a single reader. Ending the iteration early closes the connection. */
export type EgressStream = Omit<EgressResponse, 'body'> & { readonly body: AsyncIterable<Uint8Array> };

export type Egress = {
  /**
   * @throws {AppError} `egress_refused` by the guard, `upstream_unreachable`, `upstream_timeout`, or
   * `upstream_malformed` for a response that is too large, a redirect or incomplete
   */
  readonly send: (request: EgressRequest, policy?: EgressPolicy) => Promise<EgressResponse>;
  /**
   * Streaming variant; reading the body fails with the same errors. The body must be read or the request aborted: until
   * then, or until the deadline, the connection stays open.
   */
  readonly stream: (request: EgressRequest, policy?: EgressPolicy) => Promise<EgressStream>;
};

export type Guard = Egress & {
  /**
   * @throws {AppError} `egress_refused` if the URL alone violates a rule; the resolved address is checked on each
   * connection
   */
  readonly check: (url: string) => void;
};

const DEFAULTS = { ports: [443], maxBytes: 1024 * 1024, headersMs: 10_000, idleMs: 10_000 };
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
function headersOf({ headers, body }: EgressRequest, encodings: string): Record<string, string> {
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

const flatHeaders = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(', ')]],
    ),
  );

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
    headers: headersOf(request, encodings),
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
const opener =
  ({ connector, ...rules }: Site) =>
  async (request: EgressRequest, policy: EgressPolicy, encodings: string): Promise<Exchange> => {
    const { ports: listed, headersMs, idleMs } = { ...DEFAULTS, ...policy };
    if (!METHODS.has(request.method)) throw egressRejected('method');
    const target = targetOf(request.url, { ...rules, ports: listed, bedrock: request.bedrock });
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

/** Creates the egress guard. Each set of trusted origins, as for tools, has its own guard. */
export function createEgress(ports: {
  trustedOrigins: readonly string[];
  ownOrigin?: string;
  ownHosts?: readonly string[];
  lookup?: Lookup;
  isPublic?: (address: string) => boolean;
  now?: () => number;
}): Guard {
  const {
    ownOrigin,
    ownHosts = [],
    lookup = systemLookup,
    isPublic = isPublicAddress,
    now = Date.now,
  } = ports;
  const trustedOrigins = originsOf(ports.trustedOrigins);
  const connector = createConnector({ lookup, isPublic, now });
  const open = opener({ trustedOrigins, ownOrigin, ownHosts, connector });

  return {
    check(url) {
      targetOf(url, { trustedOrigins, ownOrigin, ownHosts, ports: DEFAULTS.ports });
    },

    async send(request, policy = {}) {
      const { answer, restartIdle, failed, served } = await open(request, policy, 'gzip, br');
      try {
        const { maxBytes } = { ...DEFAULTS, ...policy };
        const body = await readBody(answer, { maxBytes, restartIdle });
        served();
        return { status: answer.statusCode ?? 0, headers: flatHeaders(answer), body };
      } catch (error) {
        throw failed(error);
      }
    },

    async stream(request, policy = {}) {
      const { answer, restartIdle, failed, drop, served } = await open(request, policy, 'identity');
      answer.on('error', () => undefined); // while nobody reads: whoever does is told
      const { maxBytes } = { ...DEFAULTS, ...policy };
      async function* body() {
        let whole = false;
        try {
          yield* piecesOf(answer, { maxBytes, restartIdle });
          whole = true;
          served();
        } catch (error) {
          throw failed(error);
        } finally {
          if (!whole) drop(); // failed, or the reader stopped early
        }
      }
      return { status: answer.statusCode ?? 0, headers: flatHeaders(answer), body: body() };
    },
  };
}

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
