// DELETE /mcp/tools/{name} — take a registered tool out of the registry, or with an alias all its tools.
import { toolReview } from '#shared/composition/tools.ts';
import { isRegisteredName } from '#shared/tools/registered.ts';
import { ToolPath } from '#shared/tools/registration.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('tools-delete', {
  input: { path: ToolPath },
  action: 'tool.deleted',
  category: 'user_action',

  async run({ input: { path }, principal }) {
    if (!isRegisteredName(path.name)) {
      const { tools, writes } = await toolReview().removeAlias(principal, path.name);
      const names = tools.map(({ name }) => name);
      return { body: { success: true, names }, writes, target: path.name, meta: { count: tools.length } };
    }
    const { tool, writes } = await toolReview().remove(principal, path.name);
    return { body: { success: true, name: tool.name }, writes, target: tool.name };
  },
});
