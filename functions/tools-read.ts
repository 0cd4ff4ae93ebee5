// GET /mcp/tools/{name} — a registered tool: its definition, its state, and what has changed at its upstream.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { toolStore } from '#shared/services/tool-registry.ts';
import { ToolPath } from '#shared/tools/registration.ts';
import { detailOf, findFor } from '#shared/tools/review.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('tools-read', {
  input: z.object({ path: ToolPath }),
  action: 'tool.read',
  category: 'api_call',

  async run({ input: { path }, principal }) {
    const tool = await findFor(principal, path.name, toolStore());
    if (!tool) throw new AppError('unknown_tool');
    return { body: detailOf(tool, principal), target: tool.name };
  },
});
