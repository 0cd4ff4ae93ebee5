// Schemas of the notice routes.
import * as z from 'zod';

import { PageQuery } from '#shared/core/page.ts';

export const NoticeQuery = PageQuery.extend({
  unread: z
    .enum(['true', 'false'])
    .default('false')
    .describe('`true`: only unread notices.')
    .transform((value) => value === 'true'),
}).strict();
export type NoticeQuery = z.infer<typeof NoticeQuery>;

export const NoticePath = z.strictObject({
  /** Any text that is not an id of the caller's is treated as an unknown id. */
  id: z.string().max(256),
});
