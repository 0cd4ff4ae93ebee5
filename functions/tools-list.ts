// GET /mcp/tools — what can be called, and which keys it takes.
import { describeTools } from '#shared/composition/tool-list.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('tools-list', {
  action: 'tools.listed',
  category: 'api_call',

  async run({ principal }) {
    return { body: { tools: await describeTools()(principal) } };
  },
});
