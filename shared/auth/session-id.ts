import { createHash } from 'node:crypto';

const LENGTH = 22;

type Naming = {
  readonly issuer: string;
  readonly subject: string;
  /** What the issuer calls the sign-in: the same in every token it is refreshed to. */
  readonly signIn: string | undefined;
  /** What it calls this one token. */
  readonly tokenId: string | undefined;
  readonly issuedAt: number;
};

/**
 * The session a token belongs to: opaque, of one person at one issuer. `s_…` lives through refreshes; `t_…` is one token, of an
 * issuer that does not say which sign-in it came from.
 */
export function sessionIdOf({ issuer, subject, signIn, tokenId, issuedAt }: Naming): string {
  const name = signIn ?? tokenId ?? `iat ${issuedAt}`;
  const kind = signIn === undefined ? 't' : 's';
  const digest = createHash('sha256').update(JSON.stringify([issuer, subject, kind, name]));
  return `${kind}_${digest.digest('base64url').slice(0, LENGTH)}`;
}
