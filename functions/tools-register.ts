// POST /mcp/tools — register tools as drafts: an HTTP operation, an OpenAPI document, an upstream MCP server.
import { registerTools } from '#shared/composition/tool-registration.ts';
import { RegisterToolsBody } from '#shared/tools/registration.ts';
import { toToolSummary } from '#shared/tools/review.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('tools-register', {
  input: { body: RegisterToolsBody },
  action: 'tool.registered',
  category: 'user_action',

  async run({ input: { body }, ...call }) {
    const { tools, skipped, deleted, writes } = await registerTools()(body, call);
    return {
      status: 201,
      body: { tools: tools.map(toToolSummary), skipped, deleted },
      writes,
      target: body.alias,
      meta: { count: tools.length },
    };
  },
});
