// Progress notifications of an upstream, as far as they can be relayed.
import * as z from 'zod';

import { faultIn } from '#shared/core/visible-text.ts';
import type { Progress } from '#shared/tools/tool.ts';

const MAX_MESSAGE = 200;
const Token = z.union([z.string(), z.number()]);
const Asked = z.object({ params: z.object({ _meta: z.object({ progressToken: Token }) }) });
const Notice = z.object({
  method: z.literal('notifications/progress'),
  params: z.object({
    progressToken: Token,
    progress: z.number().min(0),
    total: z.number().min(0).optional().catch(undefined),
    message: z
      .string()
      .refine((text) => faultIn(text, MAX_MESSAGE) === undefined)
      .optional()
      .catch(undefined),
  }),
});

/** Undefined for a notice of anything else, or of another request. A message that people could not read as it is stays behind. */
export function progressIn(notice: unknown, asked: unknown): Progress | undefined {
  const [said, ours] = [Notice.safeParse(notice), Asked.safeParse(asked)];
  if (!said.success || !ours.success) return undefined;
  const { progressToken, ...update } = said.data.params;
  return progressToken === ours.data.params._meta.progressToken ? update : undefined;
}
