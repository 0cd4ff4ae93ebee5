// Rows of the table of contents that speak somebody else's protocol, for clients we did not write: MCP and OpenAI's.
import { keyUse, toolCall } from './need-groups.ts';
import type { Route } from './routes.ts';

export const protocolRoutes = [
  {
    name: 'mcp',
    method: 'ANY',
    path: '/mcp',
    scope: 'tools:call',
    needs: [...toolCall, 'issuers:read'],
    streaming: true,
    timeoutSeconds: 60,
    bodyLimitKiB: 1024,
  },
  {
    name: 'completions',
    method: 'POST',
    path: '/v1/chat/completions',
    scope: 'ai:use',
    needs: ['preferences:read', ...keyUse, 'rates:admit', 'budgets:reserve', 'audit:write'],
    streaming: true,
    timeoutSeconds: 300,
    bodyLimitKiB: 4096,
  },
  {
    name: 'models-list',
    method: 'GET',
    path: '/v1/models',
    scope: 'ai:use',
    needs: ['keys:read', 'audit:write'],
  },
] as const satisfies readonly Route[];
