// Routes in a provider's own dialect: one call of the invoke path, answered whole or as server-sent events.
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';

import type { RouteName } from '#functions/routes.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { audit } from '#shared/composition/audit.ts';
import { invokeModel } from '#shared/composition/invoke-model.ts';
import { type AppError, asAppError, recordedResult } from '#shared/core/errors.ts';
import type { InvokeResult, Tool } from '#shared/tools/tool.ts';

import { CACHE_HEADER, cacheModeIn } from './cache-header.ts';
import { checkHeaders } from './headers.ts';
import { idempotencyKeyIn } from './idempotency-header.ts';
import { logError } from './log.ts';
import { withErrorResponse } from './outer-handler.ts';
import {
  callerRouteRow,
  checkNoQuery,
  deadlineOf,
  hopsOf,
  ignoresUnknownQuery,
  isStrict,
  jsonBody,
} from './request.ts';
import { type Open, writing } from './response-stream.ts';
import { streamedCaller } from './streamed-caller.ts';

/** Reserved for writing the outcome record and returning the response. */
const MARGIN_MS = 3000;

/** Why the answer was not served in the usual way: `backup_key`, `failover`, `cached`, `stale`. */
const MODE_HEADER = 'x-portunus-mode';

/** Names the fields of the request that its provider cannot express. */
const DROPPED_HEADER = 'x-portunus-dropped';

export type Result = Extract<InvokeResult, { ok: true }>['result'];

export type Dialect = {
  readonly tool: Tool;
  /** The body as the tool takes it. @throws {AppError} `invalid_input` */
  readonly parameters: (body: unknown, event: APIGatewayProxyEvent) => unknown;
  /** The whole answer. */
  readonly whole: (result: Result) => unknown;
  /** One server-sent event. */
  readonly event: (piece: unknown) => string;
  /** Sent after the last event, where the dialect has such a mark. */
  readonly lastEvent?: string;
  /** The pieces of a stream that is answered again under its idempotency key; undefined for an answer that was whole. */
  readonly again?: (result: Result, parameters: unknown) => readonly unknown[] | undefined;
  readonly error: (error: AppError, requestId: string) => unknown;
  /** The events of an error in mid-stream. Absent: one, which holds `error`. */
  readonly broken?: (error: AppError, requestId: string, sent: Sent) => readonly unknown[];
  readonly errorHeaders: (error: AppError, requestId: string) => Readonly<Record<string, string>>;
  /** Further headers of every success. */
  readonly headers?: (requestId: string) => Readonly<Record<string, string>>;
};

/** The first of the pieces that were sent, and their number. */
export type Sent = { readonly first: unknown; readonly count: number };

/** A server-sent event that repeats its type as its name. */
export const namedEvent = (piece: unknown): string =>
  `event: ${String((piece as { type?: unknown }).type)}\ndata: ${JSON.stringify(piece)}\n\n`;

/** One answer, begun with its first piece. */
function replyTo(requestId: string, { open, dialect }: { open: Open; dialect: Dialect }) {
  let write: ReturnType<Open> | undefined;
  let dropped: readonly string[] = [];
  const more: Record<string, string> = {};
  let sent: Sent = { first: undefined, count: 0 };
  const begin = (type: string) => {
    const headers = {
      'content-type': `${type}; charset=utf-8`,
      'x-request-id': requestId,
      ...dialect.headers?.(requestId),
      ...(dropped.length > 0 && { [DROPPED_HEADER]: dropped.join(', ') }),
      ...more,
    };
    return open({ status: 200, headers: Object.entries(headers) });
  };
  const piece = (value: unknown) => {
    write ??= begin('text/event-stream');
    sent = { first: sent.first ?? value, count: sent.count + 1 };
    return write(dialect.event(value));
  };
  const end = async (result: Result) => {
    if (!write) return begin('application/json')(JSON.stringify(dialect.whole(result)));
    if (dialect.lastEvent !== undefined) await write(dialect.lastEvent);
  };
  return {
    onDropped: (fields: readonly string[]) => void (dropped = fields),
    onServed: ({ mode }: Pick<Earlier, 'mode'>) => {
      if (mode !== 'live') more[MODE_HEADER] = mode;
    },
    piece,
    end,
    /** The answer to an earlier request: of the same idempotency key, or from the cache. */
    async again({ result, replayed, mode, ageSeconds }: Earlier, parameters: unknown) {
      if (replayed) more['idempotency-replayed'] = 'true';
      if (ageSeconds !== undefined) {
        more[CACHE_HEADER] = mode === 'stale' ? 'stale' : 'hit';
        more['age'] = String(ageSeconds);
      }
      for (const value of dialect.again?.(result, parameters) ?? []) await piece(value);
      return end(result);
    },
    fail: (error: AppError): Promise<void> => {
      const problem = dialect.error(error, requestId);
      if (write) {
        // The status is sent: the error becomes an event.
        const events = dialect.broken?.(error, requestId, sent) ?? [problem];
        return write(events.map(dialect.event).join(''));
      }
      const headers = Object.entries(dialect.errorHeaders(error, requestId));
      return open({ status: error.status, headers })(JSON.stringify(problem));
    },
  };
}
type Earlier = Pick<Extract<InvokeResult, { ok: true }>, 'result' | 'replayed' | 'mode' | 'ageSeconds'>;
type Reply = ReturnType<typeof replyTo>;

type Request = {
  readonly name: RouteName<'call'>;
  readonly dialect: Dialect;
  readonly event: APIGatewayProxyEvent;
  readonly context: Context;
};

/** A body that is rejected here never reaches the path of a call, which would record it. */
async function argumentsOf({ name, dialect, event }: Request, principal: Principal) {
  try {
    checkHeaders(event);
    const row = callerRouteRow(name);
    if (!ignoresUnknownQuery(event, row)) checkNoQuery(event);
    const parameters = dialect.parameters(jsonBody(event, row) ?? {}, event);
    return { parameters, idempotencyKey: idempotencyKeyIn(event), cacheMode: cacheModeIn(event) };
  } catch (thrown) {
    const error = asAppError(thrown);
    await audit().commit({
      ownerId: principal.ownerId,
      category: 'api_call',
      act: 'tool.called',
      target: dialect.tool.name,
      result: recordedResult(error),
      code: error.code,
      requestId: event.requestContext.requestId,
    });
    throw thrown;
  }
}

async function answer(request: Request, reply: Reply): Promise<void> {
  const { name, dialect, event, context } = request;
  const { tool } = dialect;
  const { requestId } = event.requestContext;
  const principal = await streamedCaller(name, event, { act: 'tool.called', target: tool.name });
  const { parameters, ...choices } = await argumentsOf(request, principal);
  const deadline = deadlineOf(event, context, MARGIN_MS);
  const call = { toolName: tool.name, tool, parameters, principal, ...choices, hops: hopsOf(event) };
  const translation = { strict: isStrict(event), onDropped: reply.onDropped };
  // The outcome's record is durable when this returns: only then is the last piece sent.
  const sink = reply.piece;
  const done = await invokeModel()({
    ...call,
    requestId,
    deadline,
    scoped: true,
    translation,
    sink,
    onServed: reply.onServed,
  });
  if (done.ok) reply.onServed(done);
  if (done.ok) return done.replayed || done.cached ? reply.again(done, parameters) : reply.end(done.result);
  logError(done.error, done.failure ?? done.error, requestId);
  return reply.fail(done.error);
}

export const modelRoute = (name: RouteName<'call'>, dialect: Dialect): unknown =>
  writing(async (event, context, open) => {
    const reply = replyTo(event.requestContext.requestId, { open, dialect });
    const run = () => answer({ name, dialect, event, context }, reply);
    await withErrorResponse({ event, context, run, fail: reply.fail });
  });
