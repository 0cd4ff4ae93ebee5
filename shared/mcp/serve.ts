// What is offered, as an MCP server: both protocol eras at one URL, nothing kept between requests.
import {
  type AuthInfo,
  createMcpHandler,
  hostHeaderValidationResponse,
  McpServer,
  originValidationResponse,
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

/**
 * Reads one message, or refuses the request: a foreign page or a rebound name sent it (an absent Origin passes, it is no
 * browser), it is no POST, it is not one bounded JSON object.
 * @param names bare host names: the one this API is reached by, then that of the page that may call it, if there is one
 */
export function receive(
  request: Request,
  text: string | null,
  [host, ...pages]: readonly [string, ...string[]],
): { message: McpMessage } | { refused: Response } {
  const foreign =
    hostHeaderValidationResponse(request, [host]) ?? originValidationResponse(request, [host, ...pages]);
  if (foreign) return { refused: refusal('foreign') }; // in our words: theirs quote what came in
  if (request.method !== 'POST') return { refused: refusal('method_not_allowed') };
  return parseMessage(text, request.headers.get('content-type'));
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
  const { uid, scopes, expiresAt } = principal;
  const authInfo: AuthInfo = { token: '', clientId: uid, scopes: [...scopes], expiresAt };
  const response = await handler.fetch(new Request(request, { headers }), { authInfo, parsedBody: message });
  if (message.method === 'subscriptions/listen') setTimeout(() => void handler.close(), LISTEN_MS);
  return response;
}
