// Schemas of the cache routes.
import * as z from 'zod';

const Tools = z
  .array(z.string().regex(/^[a-z0-9_-]{1,128}$/i, 'must be the name of a tool'))
  .min(1)
  .max(50);

export const InvalidateCacheBody = z
  .strictObject({
    user_id: z
      .string()
      .min(1)
      .max(256)
      .describe("A subject at the caller's own issuer. Absent: the entries of every user.")
      .optional(),
    tools: Tools.describe('Results of these tools').optional(),
    depends_on: z
      .array(z.enum(['keys', 'preferences']))
      .min(1)
      .describe('Results that depend on stored keys or on preferences')
      .optional(),
    all: z.literal(true).describe('All results').optional(),
  })
  .refine(({ tools, depends_on, all }) => (tools ?? depends_on ?? all) !== undefined, {
    message: 'name tools, depends_on or all: true',
  });
export type InvalidateCacheBody = z.infer<typeof InvalidateCacheBody>;
