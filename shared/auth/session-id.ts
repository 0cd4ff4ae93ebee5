import { createHash } from 'node:crypto';

const LENGTH = 22;
const PERSONAL = 'p_';

type Naming = {
  readonly issuer: string;
  readonly subject: string;
  /** Issuer's id of the sign-in: unchanged by token refresh. */
  readonly signIn: string | undefined;
  /** Issuer's id of this token. */
  readonly tokenId: string | undefined;
  readonly issuedAt: number;
};

/**
 * Session id of a token: opaque, unique to one person at one issuer. `s_…` survives refreshes; `t_…` is a single token,
 * of an issuer that does not identify sign-ins.
 */
export function sessionIdOf({ issuer, subject, signIn, tokenId, issuedAt }: Naming): string {
  const name = signIn ?? tokenId ?? `iat ${issuedAt}`;
  const kind = signIn === undefined ? 't' : 's';
  const digest = createHash('sha256').update(JSON.stringify([issuer, subject, kind, name]));
  return `${kind}_${digest.digest('base64url').slice(0, LENGTH)}`;
}

/** The session of a personal access token: `p_…`, from its creation until it expires or is revoked. */
export const personalSessionId = (id: string): string => `${PERSONAL}${id}`;

export const isPersonalSession = (sessionId: string): boolean => sessionId.startsWith(PERSONAL);
