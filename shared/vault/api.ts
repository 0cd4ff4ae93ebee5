// Schemas of the key routes.
import * as z from 'zod';

export const StoreKeyBody = z.strictObject({
  provider: z.string().regex(/^[a-z0-9-]{1,32}$/),
  /** Printable ASCII without spaces: what every provider's keys are made of. */
  api_key: z.string().regex(/^[\x21-\x7e]{16,512}$/),
  /** The caller's own id, if at all: the token decides whose key it is. */
  user_id: z.string().min(1).max(256).optional(),
  label: z.string().trim().min(1).max(80).optional(),
});

export const KeyPath = z.strictObject({
  /** `<provider>_<22 characters>`; anything else answers like an id that does not exist. */
  key_id: z.string().max(128),
});
