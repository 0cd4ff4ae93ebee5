import { describe, expect, it } from 'vitest';

import { type Issuer, keyOrigins } from '#shared/auth/issuer.ts';
import { parseTarget } from '#shared/egress/target.ts';

const issuer = (jwksUri: string): Issuer => ({
  issuer: 'https://issuer.example',
  jwksUri,
  audiences: ['https://api.example/mcp'],
  algorithms: ['RS256'],
  rolesClaim: 'roles',
});
const COGNITO = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_abc/.well-known/jwks.json';

const mayFetch = (url: string, trusted: readonly string[]) => {
  try {
    parseTarget(url, { trustedOrigins: new Set(trusted), ownHosts: [], ports: [443] });
    return true;
  } catch {
    return false;
  }
};

describe('the keys of a configured issuer', () => {
  it('may be read from Cognito, whose zone is otherwise denied', () => {
    expect(mayFetch(COGNITO, [])).toBe(false);
    expect(mayFetch(COGNITO, keyOrigins([issuer(COGNITO)]))).toBe(true);
    expect(mayFetch('https://kms.eu-central-1.amazonaws.com/', keyOrigins([issuer(COGNITO)]))).toBe(false);
  });

  it('are not read over plain http on the word of the issuer’s configuration alone', () => {
    const plain = 'http://issuer.example/jwks';
    expect(mayFetch(plain, keyOrigins([issuer(plain)]))).toBe(false);
  });
});
