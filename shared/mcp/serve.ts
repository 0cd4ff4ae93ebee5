// Stateless MCP server: both protocol revisions at one URL.
import {
  type AuthInfo,
  createMcpHandler,
  hostHeaderValidationResponse,
  McpServer,
  type ServerOptions,
} from '@modelcontextprotocol/server';

import type { Principal } from '#shared/auth/principal.ts';

import { type McpMessage, parseMessage, rejection } from './message.ts';

/** Inputs of one request. */
export type McpOffer = {
  readonly name: string;
  readonly options: ServerOptions;
  /** Registers tools, resources and prompts on a server that lives for one request. */
  readonly equip: (server: McpServer) => void;
};

export type McpCall = {
  readonly offer: McpOffer;
  readonly principal: Pick<Principal, 'ownerId' | 'scopes' | 'expiresAt'>;
  /** Receives errors of the protocol layer. Only their class may be logged: messages quote the caller. */
  readonly report: (error: unknown) => void;
};

const VERSION = '0.1.0';

/** Ends subscription streams early: they would occupy the instance, and no notifications are sent. */
const LISTEN_MS = 1500;

export type McpSite = {
  /** Host name of this API. */
  readonly host: string;
  /** Allowed origins: the API's own, then that of the web client, if any. */
  readonly origins: readonly string[];
};

/** Compares scheme, host and port as browsers do. An absent Origin passes: the request did not come from a browser. */
function isForeignPage(request: Request, origins: readonly string[]): boolean {
  const given = request.headers.get('origin');
  return given !== null && !origins.includes(given);
}

/**
 * Reads one message. Rejects requests from a foreign origin or to a rebound host name, and bodies that are not one
 * bounded JSON object.
 */
export function receive(
  request: Request,
  text: string | null,
  { host, origins }: McpSite,
): { message: McpMessage } | { rejected: Response } {
  const foreign = hostHeaderValidationResponse(request, [host]) ?? isForeignPage(request, origins);
  if (foreign) return { rejected: rejection('foreign') }; // in our words: the library's quote the request
  return parseMessage(text, request.headers.get('content-type'));
}

function isAnyType(range: string): boolean {
  const [type, ...parameters] = range.split(';').map((part) => part.trim());
  return type === '*/*' && !parameters.some((parameter) => /^q=0(?:\.0*)?$/i.test(parameter));
}

/**
 * The 2025 revisions require clients to accept both types. An absent header or a wildcard accepts both (RFC 9110,
 * 12.5.1), but the library checks for the two literal names.
 */
function acceptBoth(headers: Headers): void {
  const accept = headers.get('accept')?.trim() ?? '';
  if (accept === '' || accept.split(',').some(isAnyType)) {
    headers.set('accept', 'application/json, text/event-stream');
  }
}

/** Answers one message. Each request has its own server object: a shared one would mix responses. */
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
  // Removes the caller's token: tools and upstreams never receive it.
  const headers = new Headers(request.headers);
  headers.delete('authorization');
  acceptBoth(headers);
  const { ownerId, scopes, expiresAt } = principal;
  const authInfo: AuthInfo = { token: '', clientId: ownerId, scopes: [...scopes], expiresAt };
  const response = await handler.fetch(new Request(request, { headers }), { authInfo, parsedBody: message });
  if (message.method === 'subscriptions/listen') setTimeout(() => void handler.close(), LISTEN_MS);
  return response;
}
