// Ids of people, keys and providers, branded so that one cannot be passed for another.
import { randomBytes } from 'node:crypto';
import * as z from 'zod/mini';

/**
 * Owner id: 27 base64url characters of SHA-256(issuer ‖ 0x00 ‖ subject). Computed by the server, never taken from a
 * request.
 */
export const OwnerId = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{27}$/))
  .brand<'OwnerId'>();
export type OwnerId = z.infer<typeof OwnerId>;

export const ProviderId = z
  .string()
  .check(z.regex(/^[a-z0-9-]{1,32}$/))
  .brand<'ProviderId'>();
export type ProviderId = z.infer<typeof ProviderId>;

/** 128 random bits. */
export const Kid = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{22}$/))
  .brand<'Kid'>();
export type Kid = z.infer<typeof Kid>;

export const newKid = (): Kid => randomBytes(16).toString('base64url') as Kid;

/** External form of a key id: `<provider>_<kid>`. Provider names contain no underscore, so the first one separates. */
export const keyIdOf = (provider: ProviderId, kid: Kid): string => `${provider}_${kid}`;

export function parseKeyId(keyId: string): { provider: ProviderId; kid: Kid } | undefined {
  const cut = keyId.indexOf('_');
  const provider = ProviderId.safeParse(keyId.slice(0, Math.max(cut, 0)));
  const kid = Kid.safeParse(keyId.slice(cut + 1));
  return provider.success && kid.success ? { provider: provider.data, kid: kid.data } : undefined;
}
