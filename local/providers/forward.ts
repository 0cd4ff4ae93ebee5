// Forwards a request to the stand-in and streams its response back.
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { withoutPrefix } from './dialects.ts';
import type { PausedResponse } from './paused-response.ts';
import type { Rewrite } from './responses-wire.ts';
import { PLAN_HEADER } from './stand-in.ts';

const DEADLINE_MS = 60_000;

type Forwarded = {
  readonly incoming: IncomingMessage;
  readonly body: string;
  /** Id of the planned answer, for chats. */
  readonly planId: string | undefined;
  readonly target: string;
  readonly paused: PausedResponse | undefined;
  /** Changes the body of a success. */
  readonly rewrite: Rewrite | undefined;
  /** Added to the response's own. */
  readonly headers: Readonly<Record<string, string>>;
};

/** Resolves with the status when the whole response was sent. */
export function forward(forwarded: Forwarded, response: ServerResponse): Promise<number> {
  const { incoming, body, planId, target, paused, rewrite, headers } = forwarded;
  return new Promise((resolve, reject) => {
    const { host: _host, 'content-length': _length, ...passed } = incoming.headers;
    const outgoing = request(
      new URL(withoutPrefix(incoming.url ?? '/'), target),
      {
        method: incoming.method ?? 'GET',
        headers: { ...passed, ...(planId !== undefined && { [PLAN_HEADER]: planId }) },
        signal: AbortSignal.timeout(DEADLINE_MS),
      },
      (received) => {
        const { statusCode = 502 } = received;
        const { 'content-length': length, ...own } = received.headers;
        const isRewritten = rewrite !== undefined && statusCode === 200;
        const bounded = !isRewritten && length !== undefined;
        response.writeHead(statusCode, { ...own, ...(bounded && { 'content-length': length }), ...headers });
        const answer = isRewritten ? Readable.from(rewrite(received)) : received;
        const sent = paused ? pipeline(answer, paused.pausing, response) : pipeline(answer, response);
        sent.then(() => resolve(statusCode), reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
