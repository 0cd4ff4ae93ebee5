// POST /mcp/tools/{name}/review — activate a tool by the hash of what was seen, or disable it, from the very next call. With an
// alias instead of a name: all its tools at once.
import { toolReview } from '#shared/composition/tools.ts';
import { isRegisteredName } from '#shared/tools/registered.ts';
import { ReviewBody, ToolPath } from '#shared/tools/registration.ts';
import { toToolDetail, toToolSummary } from '#shared/tools/review.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('tools-review', {
  input: { path: ToolPath, body: ReviewBody },
  action: 'tool.reviewed',
  category: 'user_action',

  async run({ input: { path, body }, principal }) {
    const { name } = path;
    if (!isRegisteredName(name)) {
      const { tools, writes } = await toolReview().reviewAlias(principal, name, body);
      const meta = { outcome: body.decision, count: tools.length };
      return { body: { tools: tools.map(toToolSummary) }, writes, target: name, meta };
    }
    const { tool, writes } = await toolReview().review(principal, name, body);
    const meta = { outcome: tool.state, version: tool.version };
    return { body: toToolDetail(tool, principal), writes, target: tool.name, meta };
  },
});
