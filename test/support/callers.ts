import type { Principal } from '#shared/auth/principal.ts';
import { SCOPES } from '#shared/auth/scopes.ts';
import { deriveOwnerId } from '#shared/auth/owner-id.ts';

const ISSUER = 'https://issuer.example';

/** A signed-in user with every scope, known by subject. */
export const principalNamed = (subject: string, changes: Partial<Principal> = {}): Principal => ({
  ownerId: deriveOwnerId(ISSUER, subject),
  issuer: ISSUER,
  subject,
  scopes: SCOPES,
  roles: ['user'],
  sessionId: `s_${'a'.repeat(22)}`,
  expiresAt: 1_800_000_900,
  issuedAt: 1_800_000_000,
  signedInAt: 1_800_000_000,
  ...changes,
});
