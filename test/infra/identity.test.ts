import { describe, expect, it } from 'vitest';

import { Issuers } from '#shared/auth/issuer.ts';

import { environments, resourcesOf, synthesise } from './synthesised.ts';

const dev = synthesise({ stage: 'dev' });

describe('the built-in issuer', () => {
  it('signs people in with a passkey or a long password, on the managed login page', () => {
    const [pool] = resourcesOf(dev, 'AWS::Cognito::UserPool');
    expect(pool).toMatchObject({
      UserPoolTier: 'ESSENTIALS',
      WebAuthnUserVerification: 'required',
      Policies: {
        PasswordPolicy: { MinimumLength: 14 },
        SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] },
      },
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
    });
    expect(resourcesOf(dev, 'AWS::Cognito::UserPoolDomain')).toMatchObject([{ ManagedLoginVersion: 2 }]);
  });

  it('gives a public client short access tokens, and refresh tokens that are used once and can be revoked', () => {
    const [client] = resourcesOf(dev, 'AWS::Cognito::UserPoolClient');
    expect(client).toMatchObject({
      AccessTokenValidity: 15,
      AllowedOAuthFlows: ['code'],
      EnableTokenRevocation: true,
      GenerateSecret: false,
      RefreshTokenRotation: { Feature: 'ENABLED' },
    });
  });

  it('is passed to the functions with its OAuth endpoints', () => {
    const told = JSON.stringify(environments(dev)['authorizer']?.['ISSUERS']);
    for (const path of ['oauth2/authorize', 'oauth2/token', 'oauth2/revoke']) expect(told).toContain(path);
  });

  it('cannot be configured with an invalid endpoint address', () => {
    const issuer = {
      issuer: 'https://i.example',
      jwksUri: 'https://i.example/jwks',
      audiences: ['x'],
      algorithms: ['RS256'],
      rolesClaim: 'r',
    };
    expect(Issuers.safeParse([issuer]).success).toBe(true);
    const endpoints = { authorize: 'https://i.example/a', token: 'nowhere', revoke: 'https://i.example/r' };
    expect(Issuers.safeParse([{ ...issuer, endpoints }]).success).toBe(false);
  });
});
