// The requests that are measured, as a client sends them.
import { randomBytes } from 'node:crypto';

import type { BenchStack } from './stack.ts';

type Caller = Pick<BenchStack, 'token'>;

export type Sample = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The caller, where it must not be alice. */
  readonly caller?: string;
};

const json = { 'content-type': 'application/json' };

export const bare: Sample = { method: 'GET', path: '/health' };

export const invokeTool = ({ token }: Caller, body: string): Sample => ({
  method: 'POST',
  path: '/mcp/tools/invoke',
  headers: { ...json, authorization: `Bearer ${token}` },
  body,
});

export const createTodo = (stack: Caller): Sample =>
  invokeTool(stack, JSON.stringify({ tool_name: 'todo_create', parameters: { title: 'Measured' } }));

const PROTOCOL = '2026-07-28';

export const callTimeNow = ({ token }: Caller): Sample => ({
  method: 'POST',
  path: '/mcp',
  headers: {
    ...json,
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${token}`,
    'mcp-protocol-version': PROTOCOL,
    'mcp-method': 'tools/call',
    'mcp-name': 'time_now',
  },
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: {
      name: 'time_now',
      arguments: {},
      _meta: {
        'io.modelcontextprotocol/protocolVersion': PROTOCOL,
        'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    },
  }),
});

/** Another one each time: storing the same key twice is a conflict. */
export const newKey = () => ({ provider: 'openai', api_key: `sk-proj-${randomBytes(24).toString('hex')}` });

/** So that its owner can call the provider. */
export async function storeKey(url: string, { token }: Caller): Promise<void> {
  const headers = { ...json, authorization: `Bearer ${token}` };
  const stored = await fetch(`${url}/api-keys`, { method: 'POST', headers, body: JSON.stringify(newKey()) });
  if (stored.status !== 201) throw new Error(`A key could not be stored: ${await stored.text()}`);
}
