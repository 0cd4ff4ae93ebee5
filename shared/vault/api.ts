// Schemas of the key routes.
import * as z from 'zod';

import { ownLine } from '#shared/core/own-text.ts';

import { pastedKey } from './pasted-key.ts';

/** Printable ASCII without spaces, the alphabet of every provider's keys. Their length is checked by the provider. */
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

/** RFC 3339, with any offset. The use case checks that the time is in the future. */
const ExpiresAt = z.string().max(40).refine(isTime, 'must be a time as in 2030-01-31T12:00:00Z');

/** Accepted in any letter case. The use case knows which providers there are. */
const Provider = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9-]{1,32}$/, 'must be the name of a provider, as in "openai"');

/** Base URL of an OpenAI-compatible server, without `/chat/completions`. The egress guard checks the address. */
const BaseUrl = z
  .string()
  .max(300)
  .regex(
    /^https?:\/\/[^\s/?#@\\]+(?:\/[\w.~:-]+)*\/?$/,
    'must be an address without query and credentials, as in https://host/v1',
  );

const BASE_URL =
  'For the providers `compatible` and `azure`: the base URL of its server, without `/chat/completions`.';

/** The host name is made of it: nothing but a Region's name passes. */
const Region = z
  .string()
  .max(30)
  .regex(/^[a-z]{2,3}(?:-[a-z]+){1,3}-\d$/, 'must be an AWS Region, as in us-east-1');
const REGION = 'For the provider `bedrock`: the AWS Region of the key.';

/** `<provider>_<22 characters>`; any other text is treated as an unknown id. */
const KeyId = z.string().max(128);

const Origin = z
  .string()
  .max(300)
  .regex(/^https?:\/\/[^/?#@\s]+$/, 'must be an origin without path, as in https://api.example.org');

export const StoreKeyBody = z.strictObject({
  provider: Provider,
  api_key: ApiKey,
  base_url: BaseUrl.optional().describe(BASE_URL),
  region: Region.optional().describe(REGION),
  user_id: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('The own id of the caller. An admin may name another user of the same issuer.'),
  label: Label.optional(),
  expires_at: ExpiresAt.optional(),
  origin: Origin.optional().describe(
    'For a key of registered tools, `"provider": "x-<alias>"`: the one origin it may be sent to.',
  ),
});
export type StoreKeyBody = z.infer<typeof StoreKeyBody>;

/** Bearer token (RFC 6750) as issued by providers, opaque or JWT. Both tokens are sealed into 4 KiB. */
const Token = z.string().regex(/^[\x21-\x7e]{16,2000}$/);

export const ConnectKeyBody = z.strictObject({
  provider: Provider,
  access_token: Token,
  refresh_token: Token,
  expires_in: z
    .int()
    .min(1)
    .max(366 * 24 * 3600)
    .describe('Lifetime in seconds, as returned by the token endpoint.'),
  label: Label.optional(),
  /**
   * For tokens of registered tools, `"provider": "x-<alias>"`: the one origin they may be sent to, and their token
   * endpoint.
   */
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
  base_url: BaseUrl.optional().describe(BASE_URL),
  region: Region.optional().describe(REGION),
  expires_at: ExpiresAt.optional(),
});
export type RotateKeyBody = z.infer<typeof RotateKeyBody>;

export const OrderKeysBody = z.strictObject({ provider: Provider, key_ids: z.array(KeyId).max(20) });

export const LabelKeyBody = z.strictObject({ label: Label.nullable().describe('`null` removes the label.') });

export const KeyPath = z.strictObject({ key_id: KeyId });
