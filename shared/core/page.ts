import * as z from 'zod';

/**
 * Parameters of every list route. A cursor is the position at which the previous page ended, within the caller's own
 * rows.
 */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,200}$/)
    .optional()
    .describe('`next_cursor` of the previous page.'),
});

/**
 * @param place e.g. the sort key of the last row, without its owner: a cursor gives no access to another owner's rows
 */
export const formatCursor = (place: string): string => Buffer.from(place).toString('base64url');

export const parseCursor = (cursor: string): string => Buffer.from(cursor, 'base64url').toString('utf8');
