// GET /mcp/tools/{name} — a registered tool: its definition, its state, and what has changed at its upstream.
import { AppError } from '#shared/core/errors.ts';
import { toolStore } from '#shared/composition/tools.ts';
import { ToolPath } from '#shared/tools/registration.ts';
import { findFor, toToolDetail } from '#shared/tools/review.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('tools-read', {
  input: { path: ToolPath },
  action: 'tool.read',
  category: 'api_call',

  async run({ input: { path }, principal }) {
    const tool = await findFor(principal, path.name, toolStore());
    if (!tool) throw new AppError('unknown_tool');
    return { body: toToolDetail(tool, principal), target: tool.name };
  },
});
