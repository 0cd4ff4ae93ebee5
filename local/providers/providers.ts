// AI providers on loopback. This server checks credential and request as the real providers do, journals the request as
// received, and forwards it to the stand-in with the planned answer.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';

import type { ChaosConfig } from '@copilotkit/aimock';

import { listen } from '#local/listen.ts';

import { readConversation } from './conversation.ts';
import { converseReply, isConverse, readConverse } from './converse.ts';
import {
  type Api,
  credentialIn,
  dialectOf,
  type Host,
  identifyApi,
  type Reply,
  unknownKey,
  withoutPrefix,
} from './dialects.ts';
import { directReply } from './direct-replies.ts';
import { forward } from './forward.ts';
import { asObject, parseJson } from './json.ts';
import { createKeyQuotas, type Quota } from './key-quotas.ts';
import { createPausedResponse, type PausedResponse } from './paused-response.ts';
import { planAnswer } from './planned-answer.ts';
import { checkRequest } from './request-check.ts';
import { completeResponses } from './responses-wire.ts';
import { type StandIn, startStandIn } from './stand-in.ts';
import { createTokenEndpoint, refreshTokenIn, TOKEN_PATH } from './token-endpoint.ts';

type ProviderRequest = {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly api: Api;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** API key or refresh token of the request. */
  readonly credential: string | undefined;
  readonly body: string;
  readonly status: number;
};

export type Providers = {
  readonly url: string;
  /** Origin of each provider. */
  readonly origins: Readonly<
    Record<'openai' | 'anthropic' | 'google' | 'mistral' | 'bedrock' | Exclude<Host, 'azure'>, string>
  >;
  /** Base URL of an Azure OpenAI resource. */
  readonly azureUrl: string;
  /** Base URL of an OpenAI-compatible server, with an origin of its own. */
  readonly compatibleUrl: string;
  /** Token endpoint for refresh tokens, which the journal shows as the credential. */
  readonly tokenUrl: string;
  /** Requests in the order of their responses, rejected ones included. */
  readonly journal: () => readonly ProviderRequest[];
  readonly clearJournal: () => void;
  /** Revokes a key: its requests get 401 from now on. */
  readonly reject: (credential: string) => void;
  /** The next chat fails with this status. */
  readonly nextRequestError: (
    status: number,
    error?: { message?: string; type?: string; code?: string },
  ) => void;
  /** Fails every request of a key with a status, or by closing the connection. The returned function ends this. */
  readonly fail: (credential: string, how: number | 'never') => () => void;
  /** Answers every request of a key with this JSON text. The returned function ends this. */
  readonly answerWith: (credential: string, body: string) => () => void;
  /** Pauses the next response after its first event. */
  readonly pauseNext: () => Pick<PausedResponse, 'resume' | 'abort'>;
  /** Limits the rate of a key's POST requests; beyond it they get 429. The returned function ends this. */
  readonly limit: (credential: string, quota: Quota) => () => void;
  readonly setChaos: (chaos: ChaosConfig) => void;
  readonly clearChaos: () => void;
  readonly stop: () => Promise<void>;
};

const KEPT_REQUESTS = 10_000;
const BODY_LIMIT = 8 * 1024 * 1024;

export async function startProviders({ port }: { port: number }): Promise<Providers> {
  const standIn = await startStandIn();
  const recorded: ProviderRequest[] = [];
  const state: State = {
    standIn,
    revoked: new Set(),
    failing: new Map(),
    fixed: new Map(),
    quotas: createKeyQuotas(),
  };
  const serve = createServe(state);

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(incoming);
    const { method = 'GET', url: path = '/', headers } = incoming;
    const api = identifyApi(path, headers);
    const credential = path === TOKEN_PATH ? refreshTokenIn(text) : credentialIn(headers, api, path);
    const status = await serve({ api, method, path, credential, response, incoming, text });
    recorded.push({ at: Date.now(), api, method, path, headers, credential, body: text, status });
    if (recorded.length > KEPT_REQUESTS) recorded.shift();
  }

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy());
  });
  const listening = await listen(server, port).catch(async (error: unknown) => {
    await standIn.mock.stop();
    throw error;
  });

  const url = `http://127.0.0.1:${listening.port}`;
  return {
    url,
    ...addressesAt(url, listening.port),
    tokenUrl: `${url}${TOKEN_PATH}`,
    journal: () => recorded,
    clearJournal: () => recorded.splice(0),
    reject: (credential) => state.revoked.add(credential),
    nextRequestError: (status, error) => standIn.mock.nextRequestError(status, error),
    fail(credential, how) {
      state.failing.set(credential, how);
      return () => void state.failing.delete(credential);
    },
    answerWith(credential, body) {
      state.fixed.set(credential, body);
      return () => void state.fixed.delete(credential);
    },
    pauseNext: () => (state.paused = createPausedResponse()),
    limit: (credential, quota) => state.quotas.limit(credential, quota),
    setChaos: (chaos) => standIn.mock.setChaos(chaos),
    clearChaos: () => standIn.mock.clearChaos(),
    async stop() {
      await listening.close();
      await standIn.mock.stop();
    },
  };
}

const PREFIXED = ['mistral', 'bedrock', 'groq', 'xai', 'deepseek', 'openrouter', 'together'] as const;

function addressesAt(url: string, port: number): Pick<Providers, 'origins' | 'azureUrl' | 'compatibleUrl'> {
  const prefixed = Object.fromEntries(PREFIXED.map((name) => [name, `${url}/${name}`]));
  return {
    origins: {
      openai: url,
      anthropic: url,
      google: url,
      ...(prefixed as Record<(typeof PREFIXED)[number], string>),
    },
    azureUrl: `${url}/azure`,
    compatibleUrl: `http://localhost:${port}/compatible/v1`,
  };
}

type Exchange = {
  readonly api: Api;
  readonly method: string;
  readonly path: string;
  readonly credential: string | undefined;
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly text: string;
};

type State = {
  readonly standIn: StandIn;
  readonly revoked: Set<string>;
  readonly failing: Map<string, number | 'never'>;
  readonly fixed: Map<string, string>;
  readonly quotas: ReturnType<typeof createKeyQuotas>;
  paused?: PausedResponse | undefined;
};

/** Sends the response to one request and resolves with its status. */
function createServe(state: State): (exchange: Exchange) => Promise<number> {
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
  state: State,
  { api, method, path, incoming, response, text }: Exchange,
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

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Error('The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
