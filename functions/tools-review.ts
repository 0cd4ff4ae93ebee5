// POST /mcp/tools/{name}/review — activate a tool by the hash of what was seen, or disable it, from the very next call.
import { toolReview } from '#shared/services/tool-registry.ts';
import { ReviewBody, ToolPath } from '#shared/tools/registration.ts';
import { detailOf } from '#shared/tools/review.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('tools-review', {
  input: { path: ToolPath, body: ReviewBody },
  action: 'tool.reviewed',
  category: 'user_action',

  async run({ input: { path, body }, principal }) {
    const { tool, writes } = await toolReview().review(principal, path.name, body);
    const meta = { outcome: tool.state, version: tool.version };
    return { body: detailOf(tool, principal), writes, target: tool.name, meta };
  },
});
