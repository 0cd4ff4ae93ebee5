// DELETE /mcp/tools/{name} — take a registered tool out of the registry.
import { toolReview } from '#shared/services/tool-registry.ts';
import { ToolPath } from '#shared/tools/registration.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('tools-delete', {
  input: { path: ToolPath },
  action: 'tool.deleted',
  category: 'user_action',

  async run({ input: { path }, principal }) {
    const { tool, writes } = await toolReview().remove(principal, path.name);
    return { body: { success: true, name: tool.name }, writes, target: tool.name };
  },
});
