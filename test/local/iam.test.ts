import { beforeEach, describe, expect, it } from 'vitest';

import { createIam, type Iam } from '#local/iam/iam.ts';

import { create, createRole, lambdaTrust, policy, site } from './data-plane.ts';

const table = `arn:aws:dynamodb:${site.region}:${site.account}:table/todos`;
const key = `arn:aws:kms:${site.region}:${site.account}:key/1`;
const root = `arn:aws:iam::${site.account}:root`;

let iam: Iam;
beforeEach(() => {
  iam = createIam(site);
});

/** The local IAM's decision for a role with only these statements. */
async function ask(statements: object[], question: Partial<Parameters<Iam['authorize']>[0]>) {
  const roleArn = await createRole(iam.types, 'Asking', ...statements);
  const { accessKeyId } = iam.credentialsFor(roleArn, 'todo-list');
  return iam.authorize({ accessKeyId, action: 'dynamodb:GetItem', resource: table, ...question });
}
const allow = (more: object = {}) => ({
  Effect: 'Allow',
  Action: 'dynamodb:GetItem',
  Resource: table,
  ...more,
});
const deny = (more: object = {}) => ({ ...allow(more), Effect: 'Deny' });

const granted = (Action: string) => policy(allow({ Action }));

describe('an identity policy', () => {
  it.each([
    ['the action by name', allow()],
    ['the action in another case', allow({ Action: 'DynamoDB:getitem' })],
    ['a wildcard in the action', allow({ Action: 'dynamodb:*Item' })],
    ['one of several actions', allow({ Action: ['dynamodb:Query', 'dynamodb:Get?tem'] })],
    ['a wildcard in the resource', allow({ Resource: 'arn:aws:dynamodb:*:*:table/to*' })],
    ['everything but another action', allow({ Action: undefined, NotAction: 'dynamodb:PutItem' })],
    ['everything but another table', allow({ Resource: undefined, NotResource: `${table}2` })],
  ])('allows what names %s', async (_what, statement) => {
    expect(await ask([statement], {})).toEqual({ allowed: true });
  });

  it.each([
    ['nothing at all', []],
    ['another action', [allow({ Action: 'dynamodb:PutItem' })]],
    ['another table', [allow({ Resource: `${table}-2` })]],
    ['the table only in another case', [allow({ Resource: table.toUpperCase() })]],
    ['only its indexes', [allow({ Resource: `${table}/index/*` })]],
    ['everything but this action', [allow({ Action: undefined, NotAction: 'dynamodb:Get*' })]],
  ])('rejects a role that is allowed %s, in the words of AWS', async (_what, statements) => {
    expect(await ask(statements, {})).toEqual({
      allowed: false,
      message: `User: arn:aws:sts::${site.account}:assumed-role/Test-Asking/todo-list is not authorized to perform: dynamodb:GetItem on resource: ${table} because no identity-based policy allows the dynamodb:GetItem action`,
    });
  });

  it('lets a deny win over any allow', async () => {
    const verdict = await ask([allow({ Action: '*', Resource: '*' }), deny()], {});
    expect(verdict).toMatchObject({
      message: expect.stringContaining('with an explicit deny in an identity-based policy'),
    });
  });

  it('applies to a role through a policy resource and through a managed policy', async () => {
    const roleArn = await createRole(iam.types, 'Late');
    const Roles = ['Test-Late'];
    await create(iam.types, 'AWS::IAM::Policy', {
      PolicyName: 'p',
      PolicyDocument: granted('dynamodb:GetItem'),
      Roles,
    });
    await create(iam.types, 'AWS::IAM::ManagedPolicy', { PolicyDocument: granted('dynamodb:Query'), Roles });
    const verdicts = ['GetItem', 'Query', 'Scan'].map(
      (name) => iam.authorize({ roleArn, action: `dynamodb:${name}`, resource: table }).allowed,
    );
    expect(verdicts).toEqual([true, true, false]);
  });

  it('grants logs, and only logs, to a role with AWS’s managed policy for API Gateway logs', async () => {
    const ManagedPolicyArns = ['arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs'];
    const properties = { AssumeRolePolicyDocument: lambdaTrust, ManagedPolicyArns };
    const { arn: roleArn } = await create(iam.types, 'AWS::IAM::Role', properties);
    expect(iam.authorize({ roleArn, action: 'logs:PutLogEvents', resource: '*' }).allowed).toBe(true);
    expect(iam.authorize({ roleArn, action: 'dynamodb:GetItem', resource: table }).allowed).toBe(false);
  });
});

describe('a condition', () => {
  const context = {
    'kms:EncryptionContext:purpose': 'user-api-key',
    'kms:EncryptionContextKeys': ['purpose', 'ownerId'],
    'dynamodb:LeadingKeys': ['U#1', 'U#2'],
    'aws:SourceArn': 'arn:aws:lambda:eu-central-1:000000000000:function:todo',
  };
  it.each<[string, object, boolean]>([
    ['StringEquals on a value', { StringEquals: { 'kms:EncryptionContext:purpose': 'user-api-key' } }, true],
    [
      'StringEquals on one of several values',
      { StringEquals: { 'kms:EncryptionContext:purpose': ['x', 'user-api-key'] } },
      true,
    ],
    [
      'StringEquals on another value',
      { StringEquals: { 'kms:EncryptionContext:purpose': 'user-data' } },
      false,
    ],
    ['StringEquals on an absent key', { StringEquals: { 'kms:ViaService': 'x' } }, false],
    ['StringEqualsIfExists on an absent key', { StringEqualsIfExists: { 'kms:ViaService': 'x' } }, true],
    [
      'StringEqualsIfExists on another value',
      { StringEqualsIfExists: { 'kms:EncryptionContext:purpose': 'x' } },
      false,
    ],
    ['StringNotEquals on an absent key', { StringNotEquals: { 'kms:ViaService': 'x' } }, true],
    [
      'StringNotEquals on the very value',
      { StringNotEquals: { 'kms:EncryptionContext:purpose': 'user-api-key' } },
      false,
    ],
    ['StringLike with a wildcard', { StringLike: { 'kms:EncryptionContext:purpose': 'user-*-key' } }, true],
    [
      'StringNotLike with a wildcard',
      { StringNotLike: { 'kms:EncryptionContext:purpose': 'user-*' } },
      false,
    ],
    ['a key in another case', { StringEquals: { 'KMS:encryptioncontext:PURPOSE': 'user-api-key' } }, true],
    [
      'ArnLike with a wildcard in one part',
      { ArnLike: { 'aws:SourceArn': 'arn:aws:lambda:*:*:function:to*' } },
      true,
    ],
    ['ArnLike whose wildcard would span parts', { ArnLike: { 'aws:SourceArn': 'arn:aws:*:todo' } }, false],
    ['Bool on the transport', { Bool: { 'aws:SecureTransport': 'true' } }, true],
    ['Null on a present key', { Null: { 'kms:EncryptionContext:purpose': 'false' } }, true],
    ['Null on an absent key', { Null: { 'kms:ViaService': 'true' } }, true],
    [
      'ForAllValues within the set',
      { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['U#1', 'U#2', 'U#3'] } },
      true,
    ],
    [
      'ForAllValues with one outside',
      { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['U#1'] } },
      false,
    ],
    [
      'ForAllValues on an absent key',
      { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk'] } },
      true,
    ],
    [
      'ForAnyValue with one inside',
      { 'ForAnyValue:StringLike': { 'kms:EncryptionContextKeys': 'o*' } },
      true,
    ],
    ['ForAnyValue on an absent key', { 'ForAnyValue:StringLike': { 'dynamodb:Attributes': '*' } }, false],
    [
      'two keys of which one fails',
      { StringEquals: { 'kms:EncryptionContext:purpose': 'user-api-key', 'aws:SourceArn': 'x' } },
      false,
    ],
  ])('%s: %o', async (_what, Condition, allowed) => {
    expect((await ask([allow({ Condition })], { context })).allowed).toBe(allowed);
  });

  it.each([
    [
      'an operator it does not copy',
      { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
      'IpAddress',
    ],
    ['a policy variable', { Resource: '${aws:PrincipalArn}' }, 'policy variables'],
    ['an element it does not know', { Resources: table }, 'Resources'],
    ['a principal in an identity policy', { Principal: '*' }, 'principal'],
  ])('stops the start by name for %s', async (_what, more, text) => {
    await expect(createRole(iam.types, 'Bad', allow(more))).rejects.toThrow(text);
  });
});

describe('a key policy', () => {
  const decrypt = { action: 'kms:Decrypt', resource: key };
  const trustsAccount = { Effect: 'Allow', Principal: { AWS: root }, Action: 'kms:*', Resource: '*' };
  const may = { Effect: 'Allow', Action: 'kms:Decrypt', Resource: key };
  const role = `arn:aws:iam::${site.account}:role/Test-Asking`;

  it.each([
    ['the account, and the identity policy allows', [may], trustsAccount],
    ['the role itself, whatever its own policies say', [], { ...trustsAccount, Principal: { AWS: role } }],
    ['everyone', [], { ...trustsAccount, Principal: '*' }],
  ])('allows when it names %s', async (_what, identity, statement) => {
    expect(await ask(identity, { ...decrypt, resourcePolicy: policy(statement) })).toEqual({ allowed: true });
  });

  it.each([
    [
      'the account, but no identity policy allows',
      [],
      [trustsAccount],
      'no identity-based policy allows the kms:Decrypt action',
    ],
    [
      'only another role',
      [may],
      [{ ...trustsAccount, Principal: { AWS: `${role}2` } }],
      'no resource-based policy allows the kms:Decrypt action',
    ],
    [
      'only a service',
      [may],
      [{ ...trustsAccount, Principal: { Service: 'lambda.amazonaws.com' } }],
      'no resource-based policy allows',
    ],
    [
      'a deny',
      [may],
      [trustsAccount, { ...trustsAccount, Effect: 'Deny' }],
      'with an explicit deny in a resource-based policy',
    ],
    [
      'a deny for any other purpose',
      [may],
      [
        trustsAccount,
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'kms:Decrypt',
          Resource: '*',
          Condition: { StringNotEquals: { 'kms:EncryptionContext:purpose': 'user-api-key' } },
        },
      ],
      'with an explicit deny in a resource-based policy',
    ],
  ])('rejects when it names %s', async (_what, identity, statements, text) => {
    const verdict = await ask(identity, { ...decrypt, resourcePolicy: policy(...statements) });
    expect(verdict).toMatchObject({ allowed: false, message: expect.stringContaining(text) });
  });

  it('without a principal is rejected when the key is created', () => {
    expect(() => iam.checkResourcePolicy(policy(may), 'the vault key')).toThrow('the vault key');
  });
});

describe('credentials', () => {
  it('belong to one session of one role', async () => {
    const roleArn = await createRole(iam.types, 'Session', allow());
    const [first, second] = [iam.credentialsFor(roleArn, 'first'), iam.credentialsFor(roleArn, 'second')];
    expect(iam.sessionByAccessKey(first.accessKeyId)).toMatchObject({ roleArn, sessionName: 'first' });
    expect(iam.sessionByAccessKey(second.accessKeyId)).toMatchObject({ roleArn, sessionName: 'second' });
    expect(first.secretAccessKey).not.toBe(second.secretAccessKey);
  });

  it('are not issued for a role that does not trust Lambda or does not exist', async () => {
    const trust = policy({
      Effect: 'Allow',
      Principal: { Service: 'pipes.amazonaws.com' },
      Action: 'sts:AssumeRole',
    });
    const { arn } = await create(iam.types, 'AWS::IAM::Role', { AssumeRolePolicyDocument: trust });
    expect(() => iam.credentialsFor(arn, 'x')).toThrow('cannot be assumed by Lambda');
    expect(() => iam.credentialsFor(`${arn}2`, 'x')).toThrow('does not exist');
  });

  it('that are unknown are rejected, even together with a permitted role', async () => {
    const roleArn = await createRole(iam.types, 'Could', allow());
    const verdict = iam.authorize({
      accessKeyId: 'ASIANOBODY',
      roleArn,
      action: 'dynamodb:GetItem',
      resource: table,
    });
    expect(verdict).toEqual({
      allowed: false,
      message: 'The security token included in the request is invalid.',
    });
  });
});
