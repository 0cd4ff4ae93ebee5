// What is offered, as an MCP server: both protocol eras at one URL, nothing kept between requests.
import {
  type AuthInfo,
  createMcpHandler,
  hostHeaderValidationResponse,
  McpServer,
  type ServerOptions,
} from '@modelcontextprotocol/server';

import type { Principal } from '#shared/auth/principal.ts';

import { type McpMessage, parseMessage, refusal } from './message.ts';

/** What one request is answered from. */
export type McpOffer = {
  readonly name: string;
  readonly options: ServerOptions;
  /** Puts tools and the like on a server that lives for one request. */
  readonly equip: (server: McpServer) => void;
};

export type McpCall = {
  readonly offer: McpOffer;
  readonly principal: Pick<Principal, 'uid' | 'scopes' | 'expiresAt'>;
  /** Told of errors inside the protocol layer. Only their class may be logged: they quote the caller. */
  readonly report: (error: unknown) => void;
};

const VERSION = '0.1.0';

/** A stream for change notices would pin this instance; there are none to come. */
const LISTEN_MS = 1500;

export type McpSite = {
  /** Bare host name this API is reached by. */
  readonly host: string;
  /** Whole origins: this API's own, then that of the page that may call it, if there is one. */
  readonly origins: readonly string[];
};

/** Scheme, host and port, as a browser compares them. An absent Origin passes: no browser sent the request. */
function isForeignPage(request: Request, origins: readonly string[]): boolean {
  const given = request.headers.get('origin');
  return given !== null && !origins.includes(given);
}

/** Reads one message, or rejects the request: sent by a foreign page or to a rebound name, or not one bounded JSON object. */
export function receive(
  request: Request,
  text: string | null,
  { host, origins }: McpSite,
): { message: McpMessage } | { refused: Response } {
  const foreign = hostHeaderValidationResponse(request, [host]) ?? isForeignPage(request, origins);
  if (foreign) return { refused: refusal('foreign') }; // in our words: the library's quote the request
  return parseMessage(text, request.headers.get('content-type'));
}

function isAnyType(range: string): boolean {
  const [type, ...parameters] = range.split(';').map((part) => part.trim());
  return type === '*/*' && !parameters.some((parameter) => /^q=0(?:\.0*)?$/i.test(parameter));
}

/**
 * The 2025 revisions demand both types of a client. One that names none, or any type, accepts both (RFC 9110, 12.5.1); the
 * library looks for the two words.
 */
function acceptBoth(headers: Headers): void {
  const accept = headers.get('accept')?.trim() ?? '';
  if (accept === '' || accept.split(',').some(isAnyType)) {
    headers.set('accept', 'application/json, text/event-stream');
  }
}

/** Answers one message that was received as above. A server object per request: a shared one would mix answers. */
export async function serveMcp(request: Request, message: McpMessage, call: McpCall): Promise<Response> {
  const { offer, principal, report } = call;
  const handler = createMcpHandler(
    () => {
      const server = new McpServer({ name: offer.name, version: VERSION }, offer.options);
      offer.equip(server);
      return server;
    },
    { onerror: report },
  );
  // The caller's token stops here: tools and upstreams never see it.
  const headers = new Headers(request.headers);
  headers.delete('authorization');
  acceptBoth(headers);
  const { uid, scopes, expiresAt } = principal;
  const authInfo: AuthInfo = { token: '', clientId: uid, scopes: [...scopes], expiresAt };
  const response = await handler.fetch(new Request(request, { headers }), { authInfo, parsedBody: message });
  if (message.method === 'subscriptions/listen') setTimeout(() => void handler.close(), LISTEN_MS);
  return response;
}
