// The tool registry as an MCP server: both protocol eras at one URL, nothing kept between requests.
import {
  type AuthInfo,
  createMcpHandler,
  hostHeaderValidationResponse,
  McpServer,
  originValidationResponse,
} from '@modelcontextprotocol/server';

import type { Invoke } from '#shared/tools/invoke.ts';
import { findTool, TOOLS } from '#shared/tools/registry.ts';
import type { Principal } from '#shared/auth/principal.ts';
import type { Deadline } from '#shared/core/deadline.ts';

import { register } from './register.ts';

export type McpMessage = { readonly method?: unknown; readonly params?: unknown; readonly id?: unknown };

export type McpCall = {
  readonly principal: Principal;
  readonly requestId: string;
  readonly deadline: Deadline;
  readonly invoke: Invoke;
  /** Told of errors inside the protocol layer. Only their class may be logged: they quote the caller. */
  readonly report: (error: unknown) => void;
};

const VERSION = '0.1.0';

/** A stream for change notices would pin this instance; there are none to come. */
const LISTEN_MS = 1500;

/** The tool a `tools/call` names, if there is one of that name. */
export function calledTool({ method, params }: McpMessage) {
  if (method !== 'tools/call' || typeof params !== 'object' || params === null) return undefined;
  const { name } = params as { name?: unknown };
  return typeof name === 'string' ? findTool(name) : undefined;
}

/**
 * Refuses a request that a foreign page or a rebound name sent here. An absent Origin passes: it is no browser.
 * @param host the bare host name this API is reached by
 */
export const foreignOrigin = (request: Request, host: string): Response | undefined =>
  hostHeaderValidationResponse(request, [host]) ?? originValidationResponse(request, [host]);

/** Answers one JSON-RPC message that was parsed and bounded before. A server object per request: a shared one would mix answers. */
export async function serveMcp(request: Request, message: McpMessage, call: McpCall): Promise<Response> {
  const tools = message.method === 'tools/call' ? [calledTool(message)].filter((tool) => !!tool) : TOOLS;
  const handler = createMcpHandler(
    () => {
      const server = new McpServer(
        { name: 'portunus', version: VERSION },
        {
          capabilities: { tools: { listChanged: false } },
          cacheHints: { 'tools/list': { ttlMs: 60_000, cacheScope: 'private' } },
          instructions:
            'Todos and AI models, called on your own stored keys. Keys are stored over REST, never here.',
        },
      );
      for (const tool of tools) register(server, tool, call);
      return server;
    },
    { onerror: call.report },
  );
  // The caller's token stops here: tools and upstreams never see it.
  const headers = new Headers(request.headers);
  headers.delete('authorization');
  const { uid, scopes, expiresAt } = call.principal;
  const authInfo: AuthInfo = { token: '', clientId: uid, scopes: [...scopes], expiresAt };
  const response = await handler.fetch(new Request(request, { headers }), { authInfo, parsedBody: message });
  if (message.method === 'subscriptions/listen') setTimeout(() => void handler.close(), LISTEN_MS);
  return response;
}
