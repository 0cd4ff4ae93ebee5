// Values of a stage, from its file to the templates.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { type Route, routes } from '#functions/routes.ts';
import { requestBodies } from '#functions/schemas.ts';
import { stageConfig, stageName } from '#infra/config.ts';
import { parseStageFile, readStageFile, type StageFile } from '#infra/stage-file.ts';

import { allResources, resourcesOf, type Synthesised, synthesise } from './synthesised.ts';

const certificateArn = 'arn:aws:acm:eu-central-1:000000000000:certificate/x';
const at = (name: string, more: Partial<StageFile> = {}) =>
  synthesise({ stage: 'dev', domain: { name, certificateArn }, ...more });

/** Ten of the 500 resources that CloudFormation takes stay free for a repair. On 2026-11-28, 401 were used: 14 more routes fit. */
const LARGEST_STACK = 490;
/** At most: function, role, permission, method, path, and preflight for the browser origin. */
const RESOURCES_OF_A_ROUTE = 6;

const templatesOf = ({ templates }: Synthesised) => JSON.stringify(templates);
const deploymentOf = (stage: Synthesised): string | undefined =>
  allResources(stage).find(([, { Type }]) => Type === 'AWS::ApiGateway::Deployment')?.[0];
const challengesOf = (stage: Synthesised): string =>
  JSON.stringify(
    resourcesOf(stage, 'AWS::ApiGateway::GatewayResponse').map(
      ({ ResponseParameters }) => ResponseParameters['gatewayresponse.header.WWW-Authenticate'],
    ),
  );

describe('the file of a stage', () => {
  it.each([
    [{ domainName: 'api.example.com' }, /"domainName".*Known values: .*domain/s],
    [{ domain: { name: 'api.example.com' } }, /certificateArn/],
    [{ issuer: 'okta' }, /issuer/],
    [{ webOrigin: 'https://console.example.com/path' }, /must be an origin.*webOrigin/s],
    [{ vaultKeys: '2,1' }, /vaultKeys/],
    [{ redirectUris: ['http://client.example.com/callback'] }, /must be https.*redirectUris/s],
    [{ concurrency: { streaming: 5 } }, /"streaming"/],
    [{ operatorEmail: 'nobody' }, /operatorEmail/],
    [{ publicUrl: 'https://api.example.com/' }, /publicUrl/],
  ])('%j is rejected with the name of the value and the known ones', (values, message) => {
    expect(() => parseStageFile(values, 'stages/dev.json')).toThrow(message);
    expect(() => parseStageFile(values, 'stages/dev.json')).toThrow(/^stages\/dev\.json is not valid/);
  });

  it('is rejected with its path if it is missing', () => {
    expect(() => readStageFile('stages/absent.json')).toThrow(
      /stages\/absent\.json .*An empty stage is \{\}/,
    );
  });

  it.each(['local', 'dev', 'prod'] as const)('of %s exists and is valid', (stage) => {
    const values = JSON.parse(readFileSync(`stages/${stage}.json`, 'utf8')) as unknown;
    expect(stageConfig(stage, values).stage).toBe(stage);
  });

  it('belongs to a stage that exists: dev unless another is named', () => {
    expect(stageName(undefined)).toBe('dev');
    expect(() => stageName('production')).toThrow(/local, dev, prod/);
  });

  it('names the account, else it is that of the credentials', () => {
    const caller = { account: '123456789012', region: 'us-east-1' };
    expect(stageConfig('dev', {}, caller)).toMatchObject({ issuer: 'cognito', env: caller });
    const pinned = { account: '999999999999', region: 'eu-west-1' };
    expect(stageConfig('dev', pinned, caller).env).toEqual(pinned);
    expect(() => stageConfig('dev', { account: '12' })).toThrow(/account id/);
  });
});

describe('the templates of a stage', () => {
  it('are the same for the same values', () => {
    expect(templatesOf(at('api.example.com'))).toBe(templatesOf(at('api.example.com')));
  });

  it('hold every value of the file', () => {
    const webAclArn = 'arn:aws:wafv2:eu-central-1:000000000000:regional/webacl/portunus/1';
    const stage = at('api.example.com', {
      webAclArn,
      webOrigin: 'https://console.example.com',
      redirectUris: ['https://client.example.com/callback', 'cursor://anysphere.cursor-mcp/oauth/callback'],
      vaultKeys: [2, 1],
      mfa: 'required',
      minimumTls: '1.2',
      concurrency: { authorizer: 20, streams: 50 },
      operatorEmail: 'ops@example.com',
    });
    expect(resourcesOf(stage, 'AWS::WAFv2::WebACLAssociation')).toMatchObject([{ WebACLArn: webAclArn }]);
    expect(resourcesOf(stage, 'AWS::SNS::Subscription')).toMatchObject([
      { Protocol: 'email', Endpoint: 'ops@example.com' },
    ]);
    const [client] = resourcesOf(stage, 'AWS::Cognito::UserPoolClient');
    expect(client?.['CallbackURLs']).toEqual([
      'https://client.example.com/callback',
      'cursor://anysphere.cursor-mcp/oauth/callback',
    ]);
    expect(resourcesOf(stage, 'AWS::Cognito::UserPool')).toMatchObject([{ MfaConfiguration: 'ON' }]);
    for (const type of ['AWS::ApiGateway::RestApi', 'AWS::ApiGateway::DomainName'])
      expect(resourcesOf(stage, type)).toMatchObject([
        { SecurityPolicy: 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09' },
      ]);
    const reserved = resourcesOf(stage, 'AWS::Lambda::Function').flatMap(
      ({ FunctionName, ReservedConcurrentExecutions: reserve }) =>
        reserve === undefined ? [] : [`${String(FunctionName).replace('portunus-dev-', '')} ${reserve}`],
    );
    const streams = (routes as readonly Route[]).flatMap(({ streaming, name }) =>
      streaming ? [`${name} 50`] : [],
    );
    expect(reserved.toSorted()).toEqual(['authorizer 20', ...streams].toSorted());
    expect(templatesOf(stage)).toContain('https://console.example.com');
  });

  it('fit into the 500 resources of a stack with every value set', () => {
    const bodies = Object.fromEntries(Object.keys(requestBodies).map((name) => [name, { type: 'object' }]));
    const values = {
      webOrigin: 'https://console.example.com',
      webAclArn: 'arn:aws:wafv2:x',
      operatorEmail: 'ops@example.com',
    };
    const full = synthesise(
      { stage: 'prod', domain: { name: 'api.example.com', certificateArn }, ...values },
      bodies,
    );
    expect(resourcesOf(full, 'AWS::ApiGateway::Model')).toHaveLength(1);
    for (const [part, { Resources }] of Object.entries(full.templates)) {
      const free = LARGEST_STACK - Object.keys(Resources).length;
      const routesLeft = Math.floor(free / RESOURCES_OF_A_ROUTE);
      expect(routesLeft, `${part}: ${routesLeft} further routes fit`).toBeGreaterThanOrEqual(0);
    }
  });

  it('let users who must have a second factor sign in with a passkey', () => {
    const prod = synthesise({ stage: 'prod' });
    expect(resourcesOf(prod, 'AWS::Cognito::UserPool')).toMatchObject([
      { MfaConfiguration: 'ON', WebAuthnFactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION' },
    ]);
    const [client] = resourcesOf(prod, 'AWS::Cognito::UserPoolClient');
    expect(client?.['ExplicitAuthFlows']).toContain('ALLOW_USER_AUTH');
  });
});

describe('the address of a stage', () => {
  const dev = synthesise({ stage: 'dev' });

  it('is in the challenge as a value, not as a parameter: CloudFormation deploys no gateway response for a changed parameter', () => {
    expect(dev.templates.Api?.Parameters).not.toHaveProperty('PublicUrl');
    expect(challengesOf(dev)).not.toContain('Fn::If');
    expect(challengesOf(at('api.example.com'))).toContain('https://api.example.com/.well-known/');
  });

  it('causes a new deployment when it changes', () => {
    const deployments = [
      dev,
      at('api.example.com'),
      at('api.example.org'),
      at('api.example.org', { publicUrl: 'https://edge.example.net/portunus' }),
    ].map(deploymentOf);
    expect(new Set(deployments).size).toBe(4);
    expect(deploymentOf(at('api.example.com'))).toBe(deployments[1]);
  });

  it('is a parameter only where it is known no earlier than the stack is created', () => {
    expect(synthesise({ stage: 'local' }).templates.Api?.Parameters).toHaveProperty('PublicUrl');
    expect(synthesise({ stage: 'prod' }).templates.Api?.Parameters).not.toHaveProperty('PublicUrl');
  });

  it('has the outputs that its DNS record needs', () => {
    const { Outputs = {} } = at('api.example.com').templates.Api as { Outputs?: object };
    expect(Object.keys(Outputs)).toEqual(
      expect.arrayContaining(['Url', 'DomainTarget', 'DomainHostedZoneId']),
    );
  });
});
