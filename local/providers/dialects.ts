// Identifies the provider of a request by path and headers, and reads its credential.
import type { IncomingHttpHeaders } from 'node:http';

/** Hosted servers with OpenAI's API. */
export const HOSTS = ['groq', 'xai', 'deepseek', 'openrouter', 'together', 'azure'] as const;
export type Host = (typeof HOSTS)[number];

export type Api = 'openai' | 'anthropic' | 'google' | 'mistral' | 'compatible' | 'bedrock' | Host;

export const isHost = (api: Api): api is Host => HOSTS.some((host) => host === api);

/** Status and JSON body of a response. */
export type Reply = readonly [status: number, body: object];

/** Providers whose paths equal OpenAI's have a path prefix. */
const PREFIX = new RegExp(`^/(mistral|compatible|bedrock|${HOSTS.join('|')})(?=/)`);
/** The API's own path between the origin and its version, which distinguishes some providers from OpenAI. */
const OWN_PATH = /^\/(?:openai|api|anthropic)(?=\/v1\/)/;

export const withoutPrefix = (path: string): string =>
  PREFIX.test(path) ? path.replace(PREFIX, '').replace(OWN_PATH, '') : path;

/** Bedrock serves the dialects of others. */
export const dialectOf = (api: Api, path: string): Api =>
  api === 'bedrock' ? (path.startsWith('/v1/messages') ? 'anthropic' : 'openai') : api;

export function identifyApi(path: string, headers: IncomingHttpHeaders): Api {
  const [, named] = PREFIX.exec(path) ?? [];
  if (named) return named as Api;
  if (path.startsWith('/v1/messages')) return 'anthropic';
  if (path.startsWith('/v1beta/') || 'x-goog-api-key' in headers) return 'google';
  return 'x-api-key' in headers ? 'anthropic' : 'openai';
}

/** Google takes its key in the query too, in clients older than the header. */
const inQuery = (path: string): string | undefined =>
  new URL(path, 'http://provider.invalid').searchParams.get('key') ?? undefined;

export function credentialIn(headers: IncomingHttpHeaders, api: Api, path: string): string | undefined {
  const own = { anthropic: 'x-api-key', google: 'x-goog-api-key' }[api as 'anthropic' | 'google'];
  if (own) return [headers[own]].flat()[0] ?? (api === 'google' ? inQuery(path) : undefined);
  if (api === 'azure') return [headers['api-key']].flat()[0];
  return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
}

type ProviderError = { readonly message: string /** OpenAI's or Mistral's. */; readonly code?: string };

/** An error in the provider's own shape. */
export function errorReply(api: Api, status: number, { message, code }: ProviderError): Reply {
  const common = { message, type: 'invalid_request_error', param: null, code: code ?? null };
  const bodies: Readonly<Partial<Record<Api, object>>> = {
    anthropic: { type: 'error', error: { type: 'invalid_request_error', message } },
    google: { error: { code: status, message, status: 'INVALID_ARGUMENT' } },
    mistral: { object: 'error', ...common },
  };
  return [status, bodies[api] ?? { error: common }];
}

const WRONG_KEY = { message: 'Incorrect API key provided.', code: 'invalid_api_key' };

/** Replies to an unknown key. None of them quotes the key; Google's status is 400. */
const UNKNOWN_KEY: Readonly<Partial<Record<Api, Reply>>> = {
  bedrock: [403, { Message: 'Authentication failed: Please make sure your API Key is valid.' }],
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

export const unknownKey = (api: Api): Reply => UNKNOWN_KEY[api] ?? errorReply(api, 401, WRONG_KEY);
