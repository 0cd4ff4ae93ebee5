import * as z from 'zod';

/** What every list route takes. A cursor is the place where the last page ended, within the caller's own rows. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,200}$/)
    .optional(),
});

/** @param place e.g. the sort key of the last row, without its owner: a cursor opens nobody else's rows */
export const cursorOf = (place: string): string => Buffer.from(place).toString('base64url');

export const placeOf = (cursor: string): string => Buffer.from(cursor, 'base64url').toString('utf8');
