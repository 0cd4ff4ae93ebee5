// ANY /mcp — the MCP endpoint: streamable HTTP, stateless, both protocol eras.
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';

import type { Principal } from '#shared/auth/principal.ts';
import { env } from '#shared/core/env.ts';
import { asAppError } from '#shared/core/errors.ts';
import { type McpMessage, rejection } from '#shared/mcp/message.ts';
import { calledName, callsBuiltIn, toolOffer } from '#shared/mcp/offer.ts';
import { readsByTool } from '#shared/mcp/resources.ts';
import { type McpSite, receive, serveMcp } from '#shared/mcp/serve.ts';
import { audit, recordRejection } from '#shared/composition/audit.ts';
import { findRegistered, invoke } from '#shared/composition/invoke.ts';
import { listRegistered } from '#shared/composition/tool-list.ts';
import type { RegisteredAsTool } from '#shared/tools/listed-tool.ts';

import { repeatedHeader } from './edge/headers.ts';
import { logError } from './edge/log.ts';
import { withErrorResponse } from './edge/outer-handler.ts';
import { bodyText, callerRouteRow, deadlineOf, hasQuery, hopsOf } from './edge/request.ts';
import { webOrigin } from './edge/response.ts';
import { platformDeadline, problemResponse, streaming, toWebRequest } from './edge/response-stream.ts';
import { type EarlyRecord, recordingFailure, streamedCaller } from './edge/streamed-caller.ts';

/** Reserved for writing the outcome record and returning the response. */
const MARGIN_MS = 3000;

// The first Request of a process costs 30 ms; here it falls into the start, where the processor is not throttled.
void new Request('https://unknown.invalid/');

/** A call of our own tool reads nothing more; a list shows the caller's, and everybody's. */
async function registeredIn(message: McpMessage, principal: Principal): Promise<RegisteredAsTool[]> {
  if (message.method === 'tools/list') return listRegistered()(principal);
  const name = callsBuiltIn(message) ? undefined : calledName(message);
  const tool = name === undefined ? undefined : await findRegistered()(principal, name);
  return tool ? [tool] : [];
}

/** Calls of a known tool write their own records; everything else is recorded here, before it is answered. */
async function record(
  message: McpMessage,
  principal: Principal,
  { requestId, known }: { requestId: string; known: boolean },
): Promise<void> {
  const call = message.method === 'tools/call';
  if (message.id === undefined || (call && known) || readsByTool(message)) return;
  const unknownTool = call;
  await (unknownTool ? recordRejection() : audit().commit)({
    ownerId: principal.ownerId,
    category: 'api_call',
    act: 'mcp.requested',
    target: typeof message.method === 'string' ? message.method : 'unknown',
    requestId,
    result: unknownTool ? 'refused' : 'succeeded',
    ...(unknownTool && { code: 'unknown_tool' }),
  });
}

function site(): McpSite {
  const { hostname, origin } = new URL(env('PUBLIC_URL'));
  const page = webOrigin();
  return { host: hostname, origins: [origin, ...(page === undefined ? [] : [new URL(page).origin])] };
}

const REQUESTED: EarlyRecord = { act: 'mcp.requested', target: 'unknown' };

/** Request, its message, and the registered tools it may reach. Recorded unless its call writes its own records. */
async function prepare(event: APIGatewayProxyEvent, context: Context, principal: Principal) {
  // Checked before a Request is created: the web's Request does not support TRACE.
  if (event.httpMethod !== 'POST') return { rejected: rejection('method_not_allowed') };
  if (repeatedHeader(event) !== undefined) return { rejected: rejection('header') };
  if (hasQuery(event)) return { rejected: rejection('query') };
  const text = bodyText(event, callerRouteRow('mcp'));
  const request = toWebRequest(event, platformDeadline(context), text);
  const received = receive(request, text, site());
  if ('rejected' in received) return received;
  const { message } = received;
  const registered = await registeredIn(message, principal);
  const known = callsBuiltIn(message) || registered.length > 0;
  await record(message, principal, { requestId: event.requestContext.requestId, known });
  return { request, message, registered };
}

async function answer(event: APIGatewayProxyEvent, context: Context): Promise<Response> {
  const { requestId } = event.requestContext;
  const principal = await streamedCaller('mcp', event, REQUESTED);
  const prepared = await recordingFailure({ ...REQUESTED, ownerId: principal.ownerId, requestId }, () =>
    prepare(event, context, principal),
  );
  if ('rejected' in prepared) return prepared.rejected;
  const { request, message, registered } = prepared;
  const report = (error: unknown) => logError(asAppError(error), error, requestId);
  const about = {
    principal,
    requestId,
    deadline: deadlineOf(event, context, MARGIN_MS),
    hops: hopsOf(event),
  };
  const offer = toolOffer(message, { ...about, invoke: invoke(), registered, report });
  return serveMcp(request, message, { offer, principal, report });
}

export const handler = streaming((event, context) =>
  withErrorResponse({ event, context, fail: problemResponse, run: () => answer(event, context) }),
);
