// AI providers on loopback. This server checks credential and request as the real providers do, journals the request as
// received, and forwards it to the stand-in with the planned answer.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';

import type { ChaosConfig } from '@copilotkit/aimock';

import { listen } from '#local/listen.ts';

import { type Api, credentialIn, type Host, identifyApi } from './dialects.ts';
import { createKeyQuotas, type Quota } from './key-quotas.ts';
import { createPausedResponse, type PausedResponse } from './paused-response.ts';
import { createServe, type ServeState } from './serve.ts';
import { startStandIn } from './stand-in.ts';
import { refreshTokenIn, TOKEN_PATH } from './token-endpoint.ts';

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
  const state: ServeState = {
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
