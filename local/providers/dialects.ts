// Which provider a request is for, what it comes with, and how that provider says that it does not know the key.
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

export type Api = 'openai' | 'anthropic' | 'google' | 'mistral' | 'compatible';

/** Those whose paths are OpenAI's are told apart by what stands before. */
const PREFIX = /^\/(mistral|compatible)(?=\/)/;

export const withoutPrefix = (path: string): string => path.replace(PREFIX, '');

export function apiOf(path: string, headers: IncomingHttpHeaders): Api {
  const [, named] = PREFIX.exec(path) ?? [];
  if (named) return named as Api;
  if (path.startsWith('/v1beta/') || 'x-goog-api-key' in headers) return 'google';
  return path.startsWith('/v1/messages') || 'x-api-key' in headers ? 'anthropic' : 'openai';
}

export function credentialIn(headers: IncomingHttpHeaders, api: Api): string | undefined {
  const own = { anthropic: 'x-api-key', google: 'x-goog-api-key' }[api as 'anthropic' | 'google'];
  if (own) return [headers[own]].flat()[0];
  return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
}

const BAD_KEY = {
  message: 'Incorrect API key provided.',
  type: 'invalid_request_error',
  param: null,
  code: 'invalid_api_key',
};

/** None of them quotes the key. Google's status is 400. */
const REFUSALS: Readonly<Record<Api, readonly [status: number, body: object]>> = {
  openai: [401, { error: BAD_KEY }],
  compatible: [401, { error: BAD_KEY }],
  mistral: [401, { detail: 'Unauthorized' }],
  anthropic: [401, { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } }],
  google: [
    400,
    {
      error: {
        code: 400,
        message: 'API key not valid. Please pass a valid API key.',
        status: 'INVALID_ARGUMENT',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'API_KEY_INVALID',
            domain: 'googleapis.com',
          },
        ],
      },
    },
  ],
};

export const refuseKey = (api: Api, response: ServerResponse): number => say(REFUSALS[api], response);

export function say(
  [status, body]: readonly [status: number, body: object],
  response: ServerResponse,
): number {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  return status;
}

/** What the stand-in does not know of them, answered here; undefined where it does. */
export function answerOf({
  api,
  method,
  path,
  body,
}: {
  api: Api;
  method: string;
  path: string;
  body: string;
}): readonly [status: number, body: object] | undefined {
  if (api === 'google' && method === 'GET' && path.startsWith('/v1beta/models')) return [200, GEMINI_MODELS];
  if (api === 'google' && path.endsWith(':batchEmbedContents')) return [200, embeddingsFor(body)];
  if (api !== 'mistral' || method !== 'POST') return undefined;
  const foreign = Object.keys(JSON.parse(body) as object).find((field) => NOT_MISTRAL.has(field));
  if (!foreign) return undefined;
  return [422, { detail: [{ type: 'extra_forbidden', loc: ['body', foreign] }] }];
}

/** Fields of OpenAI's that Mistral refuses to be sent. */
const NOT_MISTRAL = new Set(['max_completion_tokens', 'stream_options', 'seed', 'store', 'user', 'logprobs']);

/** Of no meaning, the same for the same text. */
const vector = (text: string) => [...createHash('sha256').update(text).digest()].map((byte) => byte / 255);

function embeddingsFor(body: string): object {
  const { requests } = JSON.parse(body) as { requests: unknown[] };
  return { embeddings: requests.map((request) => ({ values: vector(JSON.stringify(request)) })) };
}

const GEMINI_MODELS = {
  models: ['gemini-2.5-flash', 'gemini-2.5-pro'].map((name) => ({
    name: `models/${name}`,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  })),
};

/** Mistral tells the usage of a stream unasked; the stand-in, which speaks OpenAI there, wants to be asked. */
export const bodyFor = (api: Api, body: string): string =>
  api === 'mistral' && body.includes('"stream":true')
    ? JSON.stringify({ ...(JSON.parse(body) as object), stream_options: { include_usage: true } })
    : body;
