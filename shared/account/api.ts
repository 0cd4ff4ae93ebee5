// Schemas of the preference routes.
import * as z from 'zod';

const Provider = z.string().regex(/^[a-z0-9-]{1,32}$/);
const Model = z.string().regex(/^[\w.:/-]{1,100}$/);

/** A decimal number of US dollars, as text: `"5.00"`. Numbers would lose cents on the way. */
const Usd = z.string().regex(/^\d{1,6}(\.\d{1,6})?$/, 'must be dollars as text, as in "5.00"');

/** The whole of an owner's preferences: what is left out is taken away. */
export const PreferencesBody = z.strictObject({
  default_provider: Provider.optional(),
  default_models: z.record(Provider, Model).optional(),
  /** Of a chat that names neither provider nor model. */
  default_policy: z.enum(['preferred', 'cheapest']).optional(),
  budget: z
    .strictObject({
      /** Only USD: it is looked at by hand, so that the refusal can say why. */
      currency: z.string().max(16).optional(),
      day_usd: Usd.optional(),
      month_usd: Usd.optional(),
    })
    .optional(),
  /** The version that was seen: another one now answers 409. */
  version: z.int().min(0).optional(),
});
export type PreferencesBody = z.infer<typeof PreferencesBody>;
