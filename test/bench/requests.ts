// The requests that are measured, as a client sends them.
import type { BenchStack } from './stack.ts';

export type Sample = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whose call it is, where it must not be alice's. */
  readonly caller?: string;
};

const json = { 'content-type': 'application/json' };

export const bare: Sample = { method: 'GET', path: '/health' };

export const invokeTool = ({ token }: Pick<BenchStack, 'token'>, body: string): Sample => ({
  method: 'POST',
  path: '/mcp/tools/invoke',
  headers: { ...json, authorization: `Bearer ${token}` },
  body,
});

export const createTodo = (stack: BenchStack): Sample =>
  invokeTool(stack, JSON.stringify({ tool_name: 'todo_create', parameters: { title: 'Measured' } }));

const PROTOCOL = '2026-07-28';

export const callTimeNow = ({ token }: BenchStack): Sample => ({
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
