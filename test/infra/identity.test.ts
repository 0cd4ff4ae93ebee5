import { describe, expect, it } from 'vitest';

import { CLIENT_REDIRECT_URIS } from '#infra/redirect-uris.ts';
import { Issuers } from '#shared/auth/issuer.ts';
import { createRedirectPolicy, loopbackHost } from '#shared/auth/redirect-uris.ts';

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

  it('gives every public client short access tokens, and refresh tokens that are used once and can be revoked', () => {
    const clients = resourcesOf(dev, 'AWS::Cognito::UserPoolClient');
    expect(clients).toHaveLength(2);
    for (const client of clients) {
      expect(client).toMatchObject({
        AccessTokenValidity: 15,
        AllowedOAuthFlows: ['code'],
        EnableTokenRevocation: true,
        GenerateSecret: false,
        RefreshTokenRotation: { Feature: 'ENABLED' },
      });
    }
  });

  it('has an address that ends the session of the login page, with a logout URL of its client', () => {
    const stage = synthesise({ stage: 'dev', redirectUris: ['https://client.example.com/callback'] });
    const [client] = resourcesOf(stage, 'AWS::Cognito::UserPoolClient');
    expect(client?.['LogoutURLs']).toEqual(['https://client.example.com/callback']);
    const { Outputs } = stage.templates.Identity as unknown as {
      Outputs: Record<string, { Value: unknown }>;
    };
    const address = JSON.stringify(Outputs['LogoutUrl']?.Value);
    expect(address).toContain('/logout?client_id=');
    expect(address).toContain('&logout_uri=https%3A%2F%2Fclient.example.com%2Fcallback');
  });

  it('has one client for all MCP clients, which returns to this API alone and has its own sign-in page', () => {
    const relays = resourcesOf(dev, 'AWS::Cognito::UserPoolClient').filter(({ CallbackURLs }) =>
      JSON.stringify(CallbackURLs).includes('/authorize/callback'),
    );
    expect(relays).toHaveLength(1);
    expect(relays[0]?.['CallbackURLs']).toHaveLength(1);
    expect(relays[0]?.['AllowedOAuthScopes']).toEqual(
      expect.arrayContaining(['openid', 'portunus/tools:call', 'portunus/admin:write']),
    );
    expect(resourcesOf(dev, 'AWS::Cognito::ManagedLoginBranding')).toHaveLength(2);
    const told = JSON.stringify(environments(dev)['oauth-token']?.['ISSUERS']);
    expect(told).toMatch(/"clientId\\*":/);
  });

  it('sends codes to the listed redirect URIs, https or private schemes beside loopback', () => {
    const allowed = createRedirectPolicy(CLIENT_REDIRECT_URIS);
    for (const port of [33_418, 6274, 54_321]) {
      expect(allowed(`http://127.0.0.1:${port}/callback`)).toBe(true);
      expect(allowed(`http://localhost:${port}/oauth/callback`)).toBe(true);
    }
    for (const uri of CLIENT_REDIRECT_URIS) {
      expect(allowed(uri) && !uri.includes('*') && !uri.includes('#')).toBe(true);
      expect(uri.startsWith('http:')).toBe(loopbackHost(uri) !== undefined);
    }
  });

  it('limits the rate of its own routes below that of the stage', () => {
    const [stage] = resourcesOf(dev, 'AWS::ApiGateway::Stage');
    const settings = stage?.['MethodSettings'] as { ResourcePath: string; ThrottlingRateLimit: number }[];
    const own = settings.filter(({ ResourcePath }) => !/^\/\*$|leak-reports/.test(ResourcePath));
    expect(own.map(({ ResourcePath }) => ResourcePath.replaceAll('~1', '/')).toSorted()).toEqual([
      '//authorize',
      '//authorize/callback',
      '//register',
      '//token',
    ]);
    for (const { ThrottlingRateLimit } of own) expect(ThrottlingRateLimit).toBe(10);
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
