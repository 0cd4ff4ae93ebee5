// The response to one request: failures that a test set up, the checks of the provider, then the planned answer.
import type { IncomingMessage, ServerResponse } from 'node:http';

import { readConversation } from './conversation.ts';
import { converseReply, isConverse, readConverse } from './converse.ts';
import { type Api, dialectOf, type Reply, unknownKey, withoutPrefix } from './dialects.ts';
import { directReply } from './direct-replies.ts';
import { forward } from './forward.ts';
import { asObject, parseJson } from './json.ts';
import type { createKeyQuotas } from './key-quotas.ts';
import type { PausedResponse } from './paused-response.ts';
import { planAnswer } from './planned-answer.ts';
import { checkRequest } from './request-check.ts';
import { completeResponses } from './responses-wire.ts';
import type { StandIn } from './stand-in.ts';
import { createTokenEndpoint, TOKEN_PATH } from './token-endpoint.ts';

export type ProviderExchange = {
  readonly api: Api;
  readonly method: string;
  readonly path: string;
  readonly credential: string | undefined;
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly text: string;
};

export type ServeState = {
  readonly standIn: StandIn;
  readonly revoked: Set<string>;
  readonly failing: Map<string, number | 'never'>;
  readonly fixed: Map<string, string>;
  readonly quotas: ReturnType<typeof createKeyQuotas>;
  paused?: PausedResponse | undefined;
};

/** Sends the response to one request and resolves with its status. */
export function createServe(state: ServeState): (exchange: ProviderExchange) => Promise<number> {
  const tokenEndpoint = createTokenEndpoint();
  return async (exchange) => {
    const { api, method, path, credential = '', response } = exchange;
    const { busy, headers } = state.quotas.take(credential, { method, api });
    if (busy) return send(TOO_MANY, response, headers);
    const failure = state.failing.get(credential);
    if (failure !== undefined) return fail(failure, response);
    const fixed = state.fixed.get(credential);
    if (fixed !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(fixed);
      return 200;
    }
    const isKnown = credential !== '' && !state.revoked.has(credential);
    if (path === TOKEN_PATH) return tokenEndpoint(exchange.credential, { rejected: !isKnown }, response);
    if (!isKnown) return send(unknownKey(api), response);
    return serveKnown(state, exchange, headers);
  };
}

async function serveKnown(
  state: ServeState,
  { api, method, path, incoming, response, text }: ProviderExchange,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const parsed = parseJson(text);
  const bare = withoutPrefix(path);
  const dialect = dialectOf(api, bare);
  const request = { api: dialect, method, path: bare, headers: incoming.headers, body: parsed };
  const rejection = checkRequest(request);
  if (rejection) return send(rejection, response, headers);
  const body = asObject(parsed);
  if (isConverse(bare)) return send(converseReply(readConverse(body)), response, headers);
  const conversation = readConversation(dialect, request.path, body);
  const direct = directReply({ ...request, body, conversation });
  if (direct) return send(direct, response, headers);
  const { standIn, paused } = state;
  state.paused = undefined;
  const planId = method === 'POST' ? standIn.plan(planAnswer(conversation)) : undefined;
  const rewrite = request.path.startsWith('/v1/responses') ? completeResponses(body) : undefined;
  const target = standIn.url;
  const forwarded = { incoming, body: bodyFor(api, text), planId, target, paused, rewrite, headers };
  return forward(forwarded, response);
}

const TOO_MANY: Reply = [429, { error: { type: 'rate_limit_error', message: 'Rate limit reached' } }];

function send(
  [status, body]: Reply,
  response: ServerResponse,
  headers: Readonly<Record<string, string>> = {},
) {
  response.writeHead(status, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(body));
  return status;
}

/** Status 0: the connection is closed without a response. */
function fail(how: number | 'never', response: ServerResponse): number {
  if (how !== 'never') return send([how, { error: { message: 'Failure injected by a test' } }], response);
  response.destroy();
  return 0;
}

/** Mistral always reports the usage of a stream; the stand-in, which speaks OpenAI's dialect there, on request only. */
function bodyFor(api: Api, text: string): string {
  const body = api === 'mistral' ? asObject(parseJson(text)) : {};
  return body.stream === true ? JSON.stringify({ ...body, stream_options: { include_usage: true } }) : text;
}
