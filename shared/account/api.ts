// Schemas of the preference routes.
import * as z from 'zod';

import { Usd } from '#shared/core/usd.ts';

const Provider = z.string().regex(/^[a-z0-9-]{1,32}$/);
const Model = z.string().regex(/^[\w.:/-]{1,100}$/);

/** Complete preferences of an owner: omitted fields are removed. */
export const PreferencesBody = z.strictObject({
  default_provider: Provider.optional(),
  default_models: z.record(Provider, Model).optional(),
  default_policy: z
    .enum(['preferred', 'cheapest'])
    .optional()
    .describe('Default for a chat that names neither provider nor model.'),
  failover: z
    .strictObject({
      allowed: z.boolean(),
      providers: z.array(Provider).min(1).max(10).describe('In this order, those with a key of yours.'),
      models: z
        .record(Provider, z.record(Model, Model))
        .optional()
        .describe('By provider: its model that stands for a model of another provider.'),
    })
    .optional()
    .describe('Other providers for a call that the chosen one fails. Absent: none.'),
  budget: z
    .strictObject({
      /** Only USD; checked by hand, so that the error can state the reason. */
      currency: z.string().max(16).optional(),
      day_usd: Usd.optional().describe('Dollars as text, as in `"5.00"`.'),
      month_usd: Usd.optional().describe('Dollars as text.'),
    })
    .optional(),
  version: z
    .int()
    .min(0)
    .optional()
    .describe('The version that was read: if another one is stored, the answer is 409.'),
});
export type PreferencesBody = z.infer<typeof PreferencesBody>;
