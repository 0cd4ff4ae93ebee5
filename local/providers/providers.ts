// AI providers on loopback. A door of our own stands before the stand-in: it asks for a credential as the real ones do, and
// keeps what it was shown, which the stand-in's own journal blots out.
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';

import type { ChaosConfig } from '@copilotkit/aimock';

import { listen } from '#local/listen.ts';

import { createQuotas, type Quota } from './quota.ts';
import { startStandIn } from './stand-in.ts';
import { createTokenEndpoint, refreshTokenIn, TOKEN_PATH } from './token-endpoint.ts';

type ProviderRequest = {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly api: 'openai' | 'anthropic';
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
  /** From now on this key has so many chats at once, which come back steadily; beyond them it is answered 429. Undone by what is returned. */
  readonly limit: (credential: string, quota: Quota) => () => void;
  readonly setChaos: (chaos: ChaosConfig) => void;
  readonly clearChaos: () => void;
  readonly stop: () => Promise<void>;
};

const KEPT_REQUESTS = 10_000;
const BODY_LIMIT = 8 * 1024 * 1024;
const DEADLINE_MS = 60_000;

export async function startProviders({ port }: { port: number }): Promise<Providers> {
  const standIn = await startStandIn();
  const seen: ProviderRequest[] = [];
  const tokenEndpoint = createTokenEndpoint();
  const refused = new Set<string>();
  const failing = new Map<string, number | 'never'>();
  const quotas = createQuotas();

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(incoming);
    const { method = 'GET', url: path = '/', headers } = incoming;
    const api = apiOf(path, headers);
    const refreshes = path === TOKEN_PATH;
    const credential = refreshes ? refreshTokenIn(body) : credentialIn(headers, api);
    const failure = failing.get(credential ?? '');
    const known = credential !== undefined && !refused.has(credential);
    const keep = (status: number) => {
      seen.push({ at: Date.now(), api, method, path, headers, credential, body, status });
      if (seen.length > KEPT_REQUESTS) seen.shift();
    };
    if (failure !== undefined) return keep(fail(failure, response));
    if (refreshes) return keep(tokenEndpoint(credential, { refused: !known }, response));
    if (!known) return keep(refuse(api, response));
    const { busy, headers: more } = quotas.take(credential, { method, api });
    if (busy) return keep(tooMany(more, response));
    return keep(await forward({ incoming, body, to: standIn.url, more }, response));
  }

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy());
  });
  const listening = await listen(server, port).catch(async (error: unknown) => {
    await standIn.stop();
    throw error;
  });

  return {
    url: `http://127.0.0.1:${listening.port}`,
    tokenUrl: `http://127.0.0.1:${listening.port}${TOKEN_PATH}`,
    journal: () => seen,
    clearJournal: () => seen.splice(0),
    refuse: (credential) => refused.add(credential),
    nextRequestError: (status, error) => standIn.nextRequestError(status, error),
    fail(credential, how) {
      failing.set(credential, how);
      return () => void failing.delete(credential);
    },
    limit: (credential, quota) => quotas.limit(credential, quota),
    setChaos: (chaos) => standIn.setChaos(chaos),
    clearChaos: () => standIn.clearChaos(),
    async stop() {
      await listening.close();
      await standIn.stop();
    },
  };
}

const apiOf = (path: string, headers: IncomingHttpHeaders): ProviderRequest['api'] =>
  path.startsWith('/v1/messages') || 'x-api-key' in headers ? 'anthropic' : 'openai';

function credentialIn(headers: IncomingHttpHeaders, api: ProviderRequest['api']): string | undefined {
  if (api === 'anthropic') return [headers['x-api-key']].flat()[0];
  return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
}

/** 401 in the words of the provider, which quote no key. */
function refuse(api: ProviderRequest['api'], response: ServerResponse): number {
  const error =
    api === 'anthropic'
      ? { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } }
      : {
          error: {
            message: 'Incorrect API key provided.',
            type: 'invalid_request_error',
            param: null,
            code: 'invalid_api_key',
          },
        };
  response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify(error));
  return 401;
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
  /** Headers beside those of the answer. */
  readonly more: Readonly<Record<string, string>>;
};

/** Passes the request on and the answer back as it comes; resolves with its status when all is sent. */
function forward({ incoming, body, to, more }: Forwarded, response: ServerResponse): Promise<number> {
  return new Promise((resolve, reject) => {
    const { method, url = '/', headers } = incoming;
    const { host: _host, ...passed } = headers;
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const outgoing = request(
      new URL(url, to),
      { ...(method && { method }), headers: passed, signal },
      (answered) => {
        response.writeHead(answered.statusCode ?? 502, { ...answered.headers, ...more });
        answered.on('error', reject);
        answered.on('end', () => resolve(answered.statusCode ?? 502));
        answered.pipe(response);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
