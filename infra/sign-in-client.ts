// The one client of the built-in issuer that stands for every MCP client: Cognito registers none, and compares redirect URIs
// character by character, so a native client with a free port could not sign in by itself. It is in the stack of the API
// because its redirect URI is the API's own.
import { CfnManagedLoginBranding, OAuthScope, UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import type { Construct } from 'constructs';

import type { IdentityStack } from './identity-stack.ts';
import { PUBLIC_CLIENT_TOKENS } from './public-client.ts';
import { RESOURCE_SERVER, SCOPES } from './scopes.ts';

export type SignInClientProps = { readonly identity: IdentityStack; readonly publicUrl: string };

export function signInClient(scope: Construct, { identity, publicUrl }: SignInClientProps): UserPoolClient {
  const { pool } = identity;
  const client = new UserPoolClient(scope, 'sign-in-client', {
    userPool: pool,
    generateSecret: false,
    oAuth: {
      flows: { authorizationCodeGrant: true },
      callbackUrls: [`${publicUrl}/authorize/callback`],
      scopes: [
        OAuthScope.OPENID,
        ...Object.keys(SCOPES).map((name) => OAuthScope.custom(`${RESOURCE_SERVER}/${name}`)),
      ],
    },
    ...PUBLIC_CLIENT_TOKENS,
  });
  new CfnManagedLoginBranding(scope, 'sign-in-branding', {
    userPoolId: pool.userPoolId,
    clientId: client.userPoolClientId,
    useCognitoProvidedValues: true,
  });
  return client;
}
