// AI providers on loopback. A door of our own stands before the stand-in: it asks for a credential as the real ones do, and
// keeps what it was shown, which the stand-in's own journal blots out.
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream/promises';

import type { ChaosConfig } from '@copilotkit/aimock';

import { listen } from '#local/listen.ts';

import {
  answerOf,
  type Api,
  apiOf,
  bodyFor,
  credentialIn,
  refuseKey,
  say,
  withoutPrefix,
} from './dialects.ts';
import { createHold, type Hold } from './hold.ts';
import { createQuotas, type Quota } from './quota.ts';
import { startStandIn } from './stand-in.ts';
import { createTokenEndpoint, refreshTokenIn, TOKEN_PATH } from './token-endpoint.ts';

type ProviderRequest = {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly api: Api;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The API key or refresh token it came with. */
  readonly credential: string | undefined;
  readonly body: string;
  readonly status: number;
};

export type Providers = {
  readonly url: string;
  /** Where each is reached, and a server that copies OpenAI at an origin of its own. */
  readonly origins: Readonly<Record<'openai' | 'anthropic' | 'google' | 'mistral', string>>;
  readonly compatibleUrl: string;
  /** Where refresh tokens are taken; in the journal they stand as the credential. */
  readonly tokenUrl: string;
  /** Requests in the order of their answers, refused ones too. */
  readonly journal: () => readonly ProviderRequest[];
  readonly clearJournal: () => void;
  /** From now on this key is answered 401, as a revoked one is. */
  readonly refuse: (credential: string) => void;
  /** The next request fails with this status, whatever it asks. */
  readonly nextRequestError: (
    status: number,
    error?: { message?: string; type?: string; code?: string },
  ) => void;
  /** From now on this key is answered with this status, or not at all, whatever it asks. Undone by what is returned. */
  readonly fail: (credential: string, how: number | 'never') => () => void;
  /** The next answer stops after its first event, until what is returned is called: `go` ends it well, `break` badly. */
  readonly holdNext: () => { go: () => void; break: () => void };
  /** From now on this key has so many chats at once, which come back steadily; beyond them it is answered 429. Undone by what is returned. */
  readonly limit: (credential: string, quota: Quota) => () => void;
  readonly setChaos: (chaos: ChaosConfig) => void;
  readonly clearChaos: () => void;
  readonly stop: () => Promise<void>;
};

const KEPT_REQUESTS = 10_000;
const BODY_LIMIT = 8 * 1024 * 1024;
const DEADLINE_MS = 60_000;

type Asked = {
  readonly api: Api;
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly credential: string | undefined;
  readonly isKnown: boolean;
};

type Told = {
  readonly failing: ReadonlyMap<string, number | 'never'>;
  readonly tokenEndpoint: ReturnType<typeof createTokenEndpoint>;
};

/** Undefined: an ordinary question, for the stand-in to answer. */
function ownAnswer(
  asked: Asked,
  { failing, tokenEndpoint }: Told,
  response: ServerResponse,
): number | undefined {
  const { api, credential = '', isKnown } = asked;
  const failure = failing.get(credential);
  if (failure !== undefined) return fail(failure, response);
  if (asked.path === TOKEN_PATH) return tokenEndpoint(asked.credential, { refused: !isKnown }, response);
  if (!isKnown) return refuseKey(api, response);
  const own = answerOf(asked);
  return own && say(own, response);
}

export async function startProviders({ port }: { port: number }): Promise<Providers> {
  const standIn = await startStandIn();
  const seen: ProviderRequest[] = [];
  const tokenEndpoint = createTokenEndpoint();
  const refused = new Set<string>();
  const failing = new Map<string, number | 'never'>();
  let held: Hold | undefined;
  const quotas = createQuotas();

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(incoming);
    const { method = 'GET', url: path = '/', headers } = incoming;
    const api = apiOf(path, headers);
    const credential = path === TOKEN_PATH ? refreshTokenIn(body) : credentialIn(headers, api);
    const isKnown = credential !== undefined && !refused.has(credential);
    const asked = { api, method, path, body, credential, isKnown };
    const keep = (status: number) => {
      seen.push({ at: Date.now(), api, method, path, headers, credential, body, status });
      if (seen.length > KEPT_REQUESTS) seen.shift();
    };
    const { busy, headers: more } = quotas.take(credential ?? '', { method, api });
    if (busy) return keep(tooMany(more, response));
    const own = ownAnswer(asked, { failing, tokenEndpoint }, response);
    if (own !== undefined) return keep(own);
    const hold = held;
    held = undefined;
    return keep(await forward({ incoming, body: bodyFor(api, body), to: standIn.url, hold, more }, response));
  }

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy());
  });
  const listening = await listen(server, port).catch(async (error: unknown) => {
    await standIn.stop();
    throw error;
  });

  const url = `http://127.0.0.1:${listening.port}`;
  return {
    url,
    origins: { openai: url, anthropic: url, google: url, mistral: `${url}/mistral` },
    compatibleUrl: `http://localhost:${listening.port}/compatible/v1`,
    tokenUrl: `${url}${TOKEN_PATH}`,
    journal: () => seen,
    clearJournal: () => seen.splice(0),
    refuse: (credential) => refused.add(credential),
    nextRequestError: (status, error) => standIn.nextRequestError(status, error),
    fail(credential, how) {
      failing.set(credential, how);
      return () => void failing.delete(credential);
    },
    holdNext: () => (held = createHold()),
    limit: (credential, quota) => quotas.limit(credential, quota),
    setChaos: (chaos) => standIn.setChaos(chaos),
    clearChaos: () => standIn.clearChaos(),
    async stop() {
      await listening.close();
      await standIn.stop();
    },
  };
}

/** 0: the connection breaks before an answer. */
function fail(how: number | 'never', response: ServerResponse): number {
  if (how === 'never') {
    response.destroy();
    return 0;
  }
  response.writeHead(how, { 'content-type': 'application/json' }).end('{"error":{"message":"told to fail"}}');
  return how;
}

function tooMany(headers: Readonly<Record<string, string>>, response: ServerResponse): number {
  response
    .writeHead(429, { ...headers, 'content-type': 'application/json' })
    .end('{"error":{"type":"rate_limit_error","message":"Rate limit reached"}}');
  return 429;
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Error('The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

type Forwarded = {
  readonly incoming: IncomingMessage;
  readonly body: string;
  readonly to: string;
  readonly hold: Hold | undefined;
  /** Headers beside those of the answer. */
  readonly more: Readonly<Record<string, string>>;
};

/** Passes the request on and the answer back as it comes; resolves with its status when all is sent. */
function forward({ incoming, body, to, hold, more }: Forwarded, response: ServerResponse): Promise<number> {
  return new Promise((resolve, reject) => {
    const { method, url = '/', headers } = incoming;
    const { host: _host, 'content-length': _length, ...passed } = headers;
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const outgoing = request(
      new URL(withoutPrefix(url), to),
      { ...(method && { method }), headers: passed, signal },
      (answered) => {
        const { statusCode = 502 } = answered;
        response.writeHead(statusCode, { ...answered.headers, ...more });
        const sent = hold ? pipeline(answered, hold.held, response) : pipeline(answered, response);
        sent.then(() => resolve(statusCode), reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
