// Adapter of Lambda response streaming: a web Request in, a web Response out, chunk by chunk.
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';

import type { AppError } from '#shared/core/errors.ts';

import { invalidHeader } from './headers.ts';
import { commonHeaders, problemHeaders, toProblem } from './response.ts';

type Out = {
  write: (chunk: Uint8Array | string) => boolean;
  once: (event: 'drain', listener: () => void) => void;
  end: () => void;
};

/** Streaming API of the Lambda runtime, used in place of a return value. */
type Runtime = {
  streamifyResponse: (
    handler: (event: APIGatewayProxyEvent, out: Out, context: Context) => Promise<void>,
  ) => unknown;
  HttpResponseStream: {
    from: (out: Out, prelude: { statusCode: number; headers: Record<string, string> }) => Out;
  };
};
declare const awslambda: Runtime;

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding']);
const PRELUDE_LIMIT_MS = 1000;

export type Serve = (event: APIGatewayProxyEvent, context: Context) => Promise<Response>;

/** A value that a web Headers object takes: no control character, no code unit that is no byte. */
// oxlint-disable-next-line no-control-regex
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function toWebHeaders({ multiValueHeaders }: APIGatewayProxyEvent): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(multiValueHeaders ?? {})) {
    for (const value of values) {
      if (!HEADER_VALUE.test(value)) {
        throw invalidHeader(name, 'has a character that no header may have; encode it');
      }
      headers.append(name, value);
    }
  }
  return headers;
}

/**
 * The request as the web knows it; its body is not read from here. The URL is as the caller wrote it.
 * @throws {AppError} `invalid_input` for a header or a host that the web's types cannot hold
 */
export function toWebRequest(event: APIGatewayProxyEvent, signal: AbortSignal, body: string | null): Request {
  const headers = toWebHeaders(event);
  const bodiless = event.httpMethod === 'GET' || event.httpMethod === 'HEAD' || body === null;
  const host = headers.get('host') ?? event.requestContext.domainName ?? 'unknown.invalid';
  const url = URL.parse(`https://${host}${event.path}`);
  if (url === null) throw invalidHeader('Host', 'is not a host name; send the one of the public URL');
  return new Request(url, {
    method: event.httpMethod,
    headers,
    signal,
    ...(!bodiless && { body }),
  });
}

export const problemResponse = (error: AppError, requestId: string): Response =>
  new Response(JSON.stringify(toProblem(error, requestId)), {
    status: error.status,
    headers: problemHeaders(error),
  });

export type Head = { readonly status: number; readonly headers: Iterable<readonly [string, string]> };

/** Sends status and headers, once. What it returns resolves when the next piece may come. */
export type Open = (head: Head) => (piece: Uint8Array | string) => Promise<void>;

const preludeOf = ({ status, headers }: Head) => ({
  // 499 says that the client hung up; to API Gateway that is no status at all.
  statusCode: status === 499 ? 504 : status,
  headers: {
    ...Object.fromEntries([...headers].filter(([name]) => !HOP_BY_HOP.has(name))),
    ...commonHeaders(),
  },
});

/** A handler that writes in pieces. Without `end()` an invocation would hang until its timeout: hence `finally`. */
export function writing(
  work: (event: APIGatewayProxyEvent, context: Context, open: Open) => Promise<void>,
): unknown {
  return awslambda.streamifyResponse(async (event, raw, context) => {
    let out = raw;
    const open: Open = (head) => {
      out = awslambda.HttpResponseStream.from(raw, preludeOf(head));
      out.write(''); // `from` only arms the prelude; the first write sends it
      return async (piece) => {
        if (!out.write(piece)) await new Promise<void>((resolve) => out.once('drain', resolve));
      };
    };
    try {
      await work(event, context, open);
    } finally {
      out.end();
    }
  });
}

/** A handler that streams what a web Response holds. */
export const streaming = (serve: Serve): unknown =>
  writing(async (event, context, open) => {
    const response = await serve(event, context);
    const write = open(response);
    for await (const chunk of response.body ?? []) await write(chunk);
  });

/** Ends the work shortly before the platform would. */
export const platformDeadline = (context: Context): AbortSignal =>
  AbortSignal.timeout(Math.max(1, context.getRemainingTimeInMillis() - PRELUDE_LIMIT_MS));
