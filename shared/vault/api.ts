// Schemas of the key routes.
import * as z from 'zod';

import { ownLine } from '#shared/core/own-text.ts';

import { pastedKey } from './pasted-key.ts';

/** Printable ASCII without spaces: what every provider's keys are made of. How long they are is for the provider to say. */
const ApiKey = z
  .string()
  .max(600)
  .overwrite(pastedKey)
  .refine(
    (key) => /^[\x21-\x7e]{1,512}$/.test(key),
    'must be 1 to 512 printable characters; it contains a blank, a line break or another character that no key has',
  );

const Label = ownLine().min(1).max(80);

const isTime = (text: string) =>
  z.iso.datetime({ offset: true }).safeParse(text).success && Date.parse(text) < Date.UTC(9999, 0);

/** RFC 3339, with any offset. That it lies in the future is for the clock to say. */
const ExpiresAt = z.string().max(40).refine(isTime, 'must be a time as in 2030-01-31T12:00:00Z');

const Provider = z.string().regex(/^[a-z0-9-]{1,32}$/);

/** Of an OpenAI-compatible server, up to what stands before `/chat/completions`. That it may be called is for the guard to say. */
const BaseUrl = z
  .string()
  .max(300)
  .regex(/^https?:\/\/[^\s/?#@\\]+(?:\/[\w.~:-]+)*\/?$/);

/** `<provider>_<22 characters>`; anything else answers like an id that does not exist. */
const KeyId = z.string().max(128);

const Origin = z
  .string()
  .max(300)
  .regex(/^https?:\/\/[^/?#@\s]+$/);

export const StoreKeyBody = z.strictObject({
  provider: Provider,
  api_key: ApiKey,
  base_url: BaseUrl.optional(),
  /** The caller's own id, if at all: the token decides whose key it is. */
  user_id: z.string().min(1).max(256).optional(),
  label: Label.optional(),
  expires_at: ExpiresAt.optional(),
  /** Of a key for registered tools, `"provider": "x-<alias>"`: the one origin it may be sent to. */
  origin: Origin.optional(),
});
export type StoreKeyBody = z.infer<typeof StoreKeyBody>;

/** What providers hand out as bearer tokens (RFC 6750), opaque or JWT. Both are sealed into 4 KiB. */
const Token = z.string().regex(/^[\x21-\x7e]{16,2000}$/);

export const ConnectKeyBody = z.strictObject({
  provider: Provider,
  access_token: Token,
  refresh_token: Token,
  /** Seconds, as the token endpoint said. */
  expires_in: z
    .int()
    .min(1)
    .max(366 * 24 * 3600),
  label: Label.optional(),
  /** Of tokens for registered tools, `"provider": "x-<alias>"`: the one origin they may be sent to, and where they are renewed. */
  origin: Origin.optional(),
  token_endpoint: z.url().max(300).optional(),
  client_id: z
    .string()
    .regex(/^[\x21-\x7e]{1,100}$/)
    .optional(),
  resource: z.url().max(300).optional(),
});
export type ConnectKeyBody = z.infer<typeof ConnectKeyBody>;

export const RotateKeyBody = z.strictObject({
  api_key: ApiKey,
  base_url: BaseUrl.optional(),
  expires_at: ExpiresAt.optional(),
});
export type RotateKeyBody = z.infer<typeof RotateKeyBody>;

export const OrderKeysBody = z.strictObject({ provider: Provider, key_ids: z.array(KeyId).max(20) });

export const LabelKeyBody = z.strictObject({ label: Label.nullable() });

export const KeyPath = z.strictObject({ key_id: KeyId });
