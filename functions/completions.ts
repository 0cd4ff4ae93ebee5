// POST /v1/chat/completions — OpenAI's Chat Completions, whole or streamed, for every provider.
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';

import type { Principal } from '#shared/auth/principal.ts';
import { type AppError, asAppError, resultOf } from '#shared/core/errors.ts';
import { withoutAbsent } from '#shared/providers/absent.ts';
import { audit } from '#shared/services/audit.ts';
import { invoke } from '#shared/services/invoke.ts';
import { chatCompletions } from '#shared/tools/builtin/chat-completions.ts';

import { checkHeaders, headerValues } from './edge/headers.ts';
import { logError, logger } from './edge/log.ts';
import { openaiError, openaiHeaders } from './edge/openai-error.ts';
import { checkNoQuery, deadlineOf, hopsOf, jsonBody, rowOf } from './edge/request.ts';
import { type Open, writing } from './edge/response-stream.ts';
import { streamedCaller } from './edge/streamed-caller.ts';

/** Reserved for writing the outcome record and returning the response. */
const MARGIN_MS = 3000;

/** Names the fields of the request that its provider cannot express. */
const DROPPED_HEADER = 'x-portunus-dropped';
/** `true`: such fields reject the request instead. */
const STRICT_HEADER = 'x-portunus-strict';

const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;

/** One answer, begun with its first piece. */
function replyTo(requestId: string, open: Open) {
  let write: ReturnType<Open> | undefined;
  let dropped: readonly string[] = [];
  const begin = (type: string) => {
    const headers = {
      'content-type': `${type}; charset=utf-8`,
      'x-request-id': requestId,
      ...(dropped.length > 0 && { [DROPPED_HEADER]: dropped.join(', ') }),
    };
    return open({ status: 200, headers: Object.entries(headers) });
  };
  return {
    onDropped: (fields: readonly string[]) => void (dropped = fields),
    piece: (value: unknown) => {
      write ??= begin('text/event-stream');
      return write(event(value));
    },
    end: (whole: unknown) =>
      write ? write('data: [DONE]\n\n') : begin('application/json')(JSON.stringify(whole)),
    fail(error: AppError) {
      const problem = openaiError(error, requestId);
      if (write) return write(event(problem)); // the status is sent: the error becomes an event
      const headers = Object.entries(openaiHeaders(error, requestId));
      return open({ status: error.status, headers })(JSON.stringify(problem));
    },
  };
}

/** A body that is rejected here never reaches the path of a call, which would record it. */
async function parametersOf(request: APIGatewayProxyEvent, principal: Principal): Promise<unknown> {
  try {
    checkHeaders(request);
    checkNoQuery(request);
    return withoutAbsent(jsonBody(request, rowOf('completions')) ?? {});
  } catch (thrown) {
    const error = asAppError(thrown);
    await audit().commit({
      uid: principal.uid,
      category: 'api_call',
      act: 'tool.called',
      target: chatCompletions.name,
      result: resultOf(error),
      code: error.code,
      reqId: request.requestContext.requestId,
    });
    throw thrown;
  }
}

type Reply = ReturnType<typeof replyTo>;

async function answer(request: APIGatewayProxyEvent, context: Context, reply: Reply): Promise<void> {
  const { requestId } = request.requestContext;
  const principal = await streamedCaller('completions', request);
  const parameters = await parametersOf(request, principal);
  const deadline = deadlineOf(request, context, MARGIN_MS);
  const call = {
    toolName: chatCompletions.name,
    tool: chatCompletions,
    parameters,
    principal,
    hops: hopsOf(request),
    translation: { strict: headerValues(request, STRICT_HEADER)[0] === 'true', onDropped: reply.onDropped },
  } as const;
  // The outcome's record is durable when this returns: only then is the last piece sent.
  const done = await invoke()({ ...call, requestId, deadline, scoped: true, sink: reply.piece });
  if (done.ok) return reply.end(done.result['completion']);
  logError(done.error, done.failure ?? done.error, requestId);
  return reply.fail(done.error);
}

export const handler = writing(async (request, context, open) => {
  logger.addContext(context);
  const { requestId } = request.requestContext;
  const reply = replyTo(requestId, open);
  try {
    await answer(request, context, reply);
  } catch (thrown) {
    const error = asAppError(thrown);
    logError(error, thrown, requestId);
    await reply.fail(error);
  }
});
