// DELETE /mcp/tools/{name} — take a registered tool out of the registry.
import * as z from 'zod';

import { openTurn } from '#shared/services/idempotency.ts';
import { toolReview } from '#shared/services/tool-registry.ts';
import { ToolPath } from '#shared/tools/registration.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('tools-delete', {
  input: z.object({ path: ToolPath }),
  action: 'tool.deleted',
  category: 'user_action',
  once: openTurn,

  async run({ input: { path }, principal }) {
    const { tool, writes } = await toolReview().remove(principal, path.name);
    return { body: { success: true, name: tool.name }, writes, target: tool.name };
  },
});
