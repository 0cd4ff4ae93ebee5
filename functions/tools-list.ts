// GET /mcp/tools — what can be called, and which keys it takes.
import * as z from 'zod';

import { describeTools } from '#shared/services/tool-list.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('tools-list', {
  input: z.object({ query: z.strictObject({}) }),
  action: 'tools.listed',
  category: 'api_call',

  async run({ principal }) {
    return { body: { tools: await describeTools(principal) } };
  },
});
