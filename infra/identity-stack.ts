// Built-in issuer, for stages without an external one: a Cognito pool with one public client and the product's scopes.
import { createHash } from 'node:crypto';

import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import {
  AccountRecovery,
  CfnManagedLoginBranding,
  CfnUserPool,
  FeaturePlan,
  ManagedLoginVersion,
  Mfa,
  OAuthScope,
  PasskeyUserVerification,
  ResourceServerScope,
  UserPool,
  type UserPoolClient,
  UserPoolGroup,
} from 'aws-cdk-lib/aws-cognito';
import type { Construct } from 'constructs';

import { acknowledge } from './acknowledge.ts';
import type { StageConfig } from './config.ts';
import { PUBLIC_CLIENT_TOKENS } from './public-client.ts';
import { RESOURCE_SERVER, ROLES, SCOPES } from './scopes.ts';

export class IdentityStack extends Stack {
  readonly pool: UserPool;
  readonly client: UserPoolClient;
  /** Sign-in address: `https://…`, without a trailing slash. */
  readonly loginUrl: string;

  constructor(scope: Construct, id: string, props: StackProps & { config: StageConfig }) {
    super(scope, id, props);
    const { config } = props;
    this.pool = userPool(this, config);
    for (const role of ROLES)
      new UserPoolGroup(this, `${role}-group`, { userPool: this.pool, groupName: role });
    this.client = publicClient(this, { config, pool: this.pool });
    const domain = this.pool.addDomain('domain', {
      cognitoDomain: { domainPrefix: domainPrefix(config) },
      managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN,
    });
    this.loginUrl = domain.baseUrl();
    new CfnManagedLoginBranding(this, 'branding', {
      userPoolId: this.pool.userPoolId,
      clientId: this.client.userPoolClientId,
      useCognitoProvidedValues: true,
    });
    // As in the data stack: exported whether another stack imports them or not.
    for (const value of [this.pool.userPoolProviderUrl, this.client.userPoolClientId, domain.domainName])
      this.exportValue(value);
    new CfnOutput(this, 'UserPoolId', { value: this.pool.userPoolId });
    new CfnOutput(this, 'ClientId', { value: this.client.userPoolClientId });
    new CfnOutput(this, 'LogoutUrl', {
      value: logoutUrl(this, config),
      description: 'Open it in a browser to end the session of its login page, which ended tokens leave.',
    });
    new CfnOutput(this, 'IssuerUrl', { value: this.pool.userPoolProviderUrl });
  }
}

/** Cognito goes on to one of the client's logout URLs. */
function logoutUrl({ loginUrl, client }: IdentityStack, { redirectUris }: StageConfig): string {
  const [next = ''] = redirectUris;
  return `${loginUrl}/logout?client_id=${client.userPoolClientId}&logout_uri=${encodeURIComponent(next)}`;
}

/** Prefixes are unique per region across accounts. */
function domainPrefix({ stage, env }: StageConfig): string {
  const unique = createHash('sha256').update(`${env.account}/${env.region}`).digest('hex').slice(0, 10);
  return `portunus-${stage}-${unique}`;
}

function userPool(scope: Construct, config: StageConfig): UserPool {
  const pool = new UserPool(scope, 'Users', {
    userPoolName: `portunus-${config.stage}`,
    featurePlan: FeaturePlan.ESSENTIALS,
    selfSignUpEnabled: false,
    signInAliases: { email: true },
    accountRecovery: AccountRecovery.EMAIL_ONLY,
    signInPolicy: { allowedFirstAuthFactors: { password: true, passkey: true } },
    passkeyUserVerification: PasskeyUserVerification.REQUIRED,
    mfa: config.mfa === 'required' ? Mfa.REQUIRED : Mfa.OPTIONAL,
    mfaSecondFactor: { otp: true, sms: false },
    passwordPolicy: {
      minLength: 14,
      requireLowercase: true,
      requireUppercase: true,
      requireDigits: true,
      requireSymbols: true,
    },
    deletionProtection: config.isProtected,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  // A passkey with user verification is two factors: users who must have a second factor could not use one otherwise.
  if (pool.node.defaultChild instanceof CfnUserPool)
    pool.node.defaultChild.webAuthnFactorConfiguration = 'MULTI_FACTOR_WITH_USER_VERIFICATION';
  acknowledge(pool, {
    'AwsSolutions-COG2': 'The stage value `mfa` decides: required by default on prod, optional on dev.',
    'AwsSolutions-COG8':
      'Threat protection needs the Plus plan, which costs per user; Essentials is enough here.',
  });
  return pool;
}

function publicClient(
  scope: Construct,
  { config, pool }: { config: StageConfig; pool: UserPool },
): UserPoolClient {
  const scopes = Object.entries(SCOPES).map(
    ([scopeName, scopeDescription]) => new ResourceServerScope({ scopeName, scopeDescription }),
  );
  const server = pool.addResourceServer('api', {
    identifier: RESOURCE_SERVER,
    userPoolResourceServerName: `portunus-${config.stage}`,
    scopes,
  });
  return pool.addClient('public', {
    userPoolClientName: `portunus-${config.stage}-public`,
    generateSecret: false,
    // ALLOW_USER_AUTH: the managed login offers passkeys only to clients with it.
    authFlows: { user: true },
    oAuth: {
      flows: { authorizationCodeGrant: true },
      callbackUrls: [...config.redirectUris],
      logoutUrls: [...config.redirectUris],
      scopes: [OAuthScope.OPENID, ...scopes.map((one) => OAuthScope.resourceServer(server, one))],
    },
    ...PUBLIC_CLIENT_TOKENS,
  });
}
