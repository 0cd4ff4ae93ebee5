// An upstream MCP server whose tools and answers a test writes.
import type { ServerResponse } from 'node:http';

import { json, type Upstream } from './upstream.ts';

export type Listed = Record<string, unknown>;
export const LOOKUP: Listed = {
  name: 'lookup',
  description: 'Looks a word up.',
  inputSchema: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
};

type Rpc = { readonly id: unknown; readonly method: string; readonly params: Record<string, unknown> };
/** Undefined: the usual answer. A function writes it itself; anything else is its body. */
type Special = (rpc: Rpc) => unknown;

type Answer = Parameters<Upstream['answer']>[0];

/** A legacy server without sessions. */
export const mcpServer =
  (listed: () => readonly Listed[], special: Special = () => undefined): Answer =>
  (asked, response, request) => {
    if (asked.method !== 'POST') return response.writeHead(405).end();
    const rpc = JSON.parse(asked.body) as Rpc;
    const { id, method, params } = rpc;
    const own = special(rpc);
    if (typeof own === 'function') return (own as Answer)(asked, response, request);
    if (own !== undefined) return json(response, own);
    const result = (value: unknown) => json(response, { jsonrpc: '2.0', id, result: value });
    switch (method) {
      case 'initialize':
        return result({
          protocolVersion: '2025-06-18',
          capabilities: { tools: {} },
          serverInfo: { name: 'an-upstream', version: '1.0.0' },
        });
      case 'tools/list':
        return result({ tools: listed() });
      case 'tools/call': {
        const { word } = params['arguments'] as { word?: unknown };
        return result({ content: [{ type: 'text', text: `${String(word)}!` }] });
      }
      default:
        return id === undefined ? response.writeHead(202).end() : json(response, {}, 400);
    }
  };

/** Answers a call in a way of its own, and everything else as usual. */
export const answering =
  (method: string, own: (id: unknown) => unknown): Special =>
  (rpc) =>
    rpc.method === method ? own(rpc.id) : undefined;

export const sse = (text: string) => (_asked: unknown, response: ServerResponse) =>
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text);

/** A legacy server with sessions, which it forgets when told to, and those that it was asked with. */
export function sessionServer(listed: () => readonly Listed[]) {
  const open = new Set<string>();
  const seen: { method: string; session: string | undefined; authorization: string | undefined }[] = [];
  let count = 0;
  const answer: Answer = (asked, response, request) => {
    const session = asked.headers['mcp-session-id'] as string | undefined;
    const { method } = asked.method === 'POST' ? (JSON.parse(asked.body) as Rpc) : { method: asked.method };
    seen.push({ method, session, authorization: asked.headers.authorization });
    if (method === 'initialize') {
      count += 1;
      open.add(`session-${count}`);
      response.setHeader('mcp-session-id', `session-${count}`);
    } else if (method !== 'server/discover' && !open.has(session ?? '')) return json(response, {}, 404);
    return mcpServer(listed)(asked, response, request);
  };
  return { answer, seen, forget: () => open.clear() };
}
