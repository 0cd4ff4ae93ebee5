// Dynamic client registration (RFC 7591): public clients with allowed redirect URIs, at a bounded rate.
import { IncomingMessage, type ServerResponse } from 'node:http';

import * as z from 'zod';

import { isAllowedRedirectUri, isLoopbackUri } from './redirect-uris.ts';

export const REGISTRATION_PATH = '/reg';

const BODY_LIMIT = 16 * 1024;
/** Registrations share the provider's bounded memory with sessions and grants: a flood must not evict those. */
const BURST = 50;
const REFILL_MS = 10_000;

const Metadata = z.looseObject({ redirect_uris: z.array(z.string()).min(1).max(10) });

type RegistrationError = { readonly status: number; readonly error: string; readonly description: string };
type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** `forward` registers what passes the checks. Errors are RFC 7591 §3.2.2 responses. */
export function createRegistration(forward: Handle, now: () => number = Date.now): Handle {
  const admits = createBucket(now);
  return async (request, response) => {
    allowLoopbackPages(request, response);
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end();
      return;
    }
    const body = await readLimited(request);
    const checked = checkMetadata(body);
    if (checked.error) return reject(response, checked.error);
    if (!admits()) return reject(response, TOO_MANY);
    await forward(withBody(request, checked.metadata), response);
  };
}

const TOO_MANY: RegistrationError = {
  status: 429,
  error: 'temporarily_unavailable',
  description: `Too many registrations. One more is accepted every ${REFILL_MS / 1000} seconds.`,
};

function createBucket(now: () => number): () => boolean {
  let tokens = BURST;
  let at = now();
  return () => {
    tokens = Math.min(BURST, tokens + (now() - at) / REFILL_MS);
    at = now();
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}

/** An MCP client in a browser, as the Inspector is, registers itself from its page. */
function allowLoopbackPages({ headers: { origin } }: IncomingMessage, response: ServerResponse): void {
  if (origin === undefined || !isLoopbackUri(origin)) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-allow-headers', 'content-type, mcp-protocol-version');
  response.setHeader('access-control-allow-methods', 'POST');
  response.setHeader('vary', 'origin');
}

type Checked =
  | { readonly metadata: object; readonly error?: never }
  | { readonly error: RegistrationError; readonly metadata?: never };

function checkMetadata(body: string | undefined): Checked {
  if (body === undefined) {
    const description = `The registration exceeds ${BODY_LIMIT} bytes.`;
    return { error: { status: 413, error: 'invalid_client_metadata', description } };
  }
  const parsed = Metadata.safeParse(parseJson(body));
  if (!parsed.success) {
    const description = `Send a JSON object with 1 to 10 redirect_uris. ${z.prettifyError(parsed.error)}`;
    return { error: { status: 400, error: 'invalid_client_metadata', description } };
  }
  const { redirect_uris: uris } = parsed.data;
  const wrong = uris.find((uri) => !isAllowedRedirectUri(uri));
  if (wrong !== undefined) {
    const description = `${wrong.slice(0, 200)} is not allowed. Use http://127.0.0.1 with any port, or the documented callback of a known MCP client.`;
    return { error: { status: 400, error: 'invalid_redirect_uri', description } };
  }
  return { metadata: publicClient(parsed.data) };
}

/** The registered client: public, with PKCE. Only fields without effect on security come from the request. */
const publicClient = ({ redirect_uris: uris, ...given }: z.output<typeof Metadata>) => ({
  redirect_uris: uris,
  ...(typeof given.client_name === 'string' && { client_name: given.client_name.slice(0, 100) }),
  ...(typeof given.client_uri === 'string' && { client_uri: given.client_uri }),
  application_type: applicationType(uris),
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
});

/** Clients often omit the type or get it wrong; it decides whether loopback ports are free. */
const applicationType = (uris: readonly string[]): 'native' | 'web' =>
  uris.every((uri) => uri.startsWith('https:')) ? 'web' : 'native';

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readLimited(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= BODY_LIMIT) chunks.push(chunk);
  }
  return size > BODY_LIMIT ? undefined : Buffer.concat(chunks).toString('utf8');
}

/** The same request with another body: the original stream was read. */
function withBody(request: IncomingMessage, body: object): IncomingMessage {
  const bytes = Buffer.from(JSON.stringify(body));
  const replaced = new IncomingMessage(request.socket);
  const { method, url, httpVersion } = request;
  const headers = {
    ...request.headers,
    'content-type': 'application/json',
    'content-length': String(bytes.length),
  };
  // Complete: otherwise the end of this stream would close the client's connection.
  Object.assign(replaced, { method, url, httpVersion, headers, complete: true });
  replaced.push(bytes);
  replaced.push(null);
  return replaced;
}

function reject(response: ServerResponse, { status, error, description }: RegistrationError): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ error, error_description: description }));
}
