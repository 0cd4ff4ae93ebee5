// POST /mcp/tools — register tools as drafts: an HTTP operation, an OpenAPI document, an upstream MCP server.
import * as z from 'zod';

import { openTurn } from '#shared/services/idempotency.ts';
import { registerTools } from '#shared/services/tool-registration.ts';
import { RegisterToolsBody } from '#shared/tools/registration.ts';
import { summaryOf } from '#shared/tools/review.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('tools-register', {
  input: z.object({ body: RegisterToolsBody }),
  action: 'tool.registered',
  category: 'user_action',
  once: openTurn,

  async run({ input: { body }, ...call }) {
    const { tools, skipped, writes } = await registerTools(body, call);
    return {
      status: 201,
      body: { tools: tools.map(summaryOf), skipped },
      writes,
      target: body.alias,
      meta: { count: tools.length },
    };
  },
});
