// Usage and remaining limits of the caller: the same data as `GET /usage`.
import * as z from 'zod';

import { defineTool } from '#shared/tools/tool.ts';

import { UsageStatus } from './status-ports.ts';

export const usageStatus = defineTool({
  name: 'usage_status',
  title: 'Usage and quota',
  description:
    'Returns calls to AI providers and their cost in millionths of a US dollar, for this UTC day and month, in all and by provider, with limits and what is left.',
  input: z.strictObject({}),
  output: UsageStatus,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  scope: 'usage:read',
  examples: [{}],
  async run(_input, { principal, status }) {
    return { output: await status.usageOf(principal) };
  },
});
