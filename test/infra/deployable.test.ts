// Will AWS take it? What the bundled engine does not see is asserted here.
import { App, CloudFormationValidatePlugin, Stack } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';

import { eventFunctions } from '#functions/events.ts';
import { ACTIONS as ACTIONS_RECORDED } from '#shared/audit/record.ts';

import { roleTable } from './statements.ts';
import { allResources, environments, functionNames, resourcesOf, synthesise } from './synthesised.ts';

const stages = ['local', 'dev', 'prod'].map((stage) => [stage, synthesise({ stage })] as const);

/** All we use, so that a misspelt action is a red line and not a rejection in production. */
const ACTIONS = new Set([
  'logs:FilterLogEvents',
  'logs:Unmask',
  'dynamodb:BatchGetItem',
  'dynamodb:ConditionCheckItem',
  'dynamodb:DeleteItem',
  'dynamodb:DescribeStream',
  'dynamodb:BatchGetItem',
  'dynamodb:GetItem',
  'dynamodb:GetRecords',
  'dynamodb:GetShardIterator',
  'dynamodb:ListStreams',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:Scan',
  'dynamodb:UpdateItem',
  'events:PutEvents',
  'kms:Decrypt',
  'kms:GenerateDataKey',
  'kms:GenerateMac',
  'kms:GetPublicKey',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:Sign',
  's3:GetObject',
  's3:ListBucket',
  's3:PutObject',
  's3:PutObjectLegalHold',
  's3:PutObjectRetention',
  'secretsmanager:GetSecretValue',
  'sns:Publish',
  'sqs:GetQueueAttributes',
  'sqs:GetQueueUrl',
  'sqs:SendMessage',
]);

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const RESERVED = /^(AWS_|LAMBDA_|_HANDLER$|_X_AMZN_TRACE_ID$|TZ$)/;

describe.each(stages)('stage %s', (name, stage) => {
  it('is found without fault or warning by the CloudFormation engine', { timeout: 60_000 }, () => {
    const stackTemplates = Object.keys(stage.templates).map((part) => ({
      stackConstructPath: `Portunus-${name}-${part}`,
      templatePath: `${stage.folder}/Portunus-${name}-${part}.template.json`,
      accountId: '000000000000',
      region: 'eu-central-1',
    }));
    const templatePaths = stackTemplates.map(({ templatePath }) => templatePath);
    const report = new CloudFormationValidatePlugin().validate({
      stackTemplates,
      templatePaths,
      appConstruct: stage.app,
    });
    expect(report.violations).toEqual([]);
  });

  it('has no unacknowledged cdk-nag finding', () => {
    const findings = [new AwsSolutionsChecks(), new ServerlessChecks()].flatMap(
      (pack) => pack.validateScope(stage.app).violations,
    );
    expect(findings).toEqual([]);
  });

  it('keeps every stack far from the limit of 500 resources', () => {
    for (const { Resources } of Object.values(stage.templates)) {
      expect(Object.keys(Resources).length).toBeLessThan(500);
    }
  });

  it('names no action that does not exist', () => {
    const lines = Object.values(roleTable(stage)).flat();
    const unknown = lines.map((line) => line.split(' ')[0] ?? '').filter((action) => !ACTIONS.has(action));
    expect(unknown).toEqual([]);
  });

  it('gives functions variables that Lambda takes: no reserved name, below 4 KB', () => {
    expect(Object.keys(environments(stage)).toSorted()).toEqual(functionNames.toSorted());
    for (const variables of Object.values(environments(stage))) {
      expect(Object.keys(variables).filter((variable) => RESERVED.test(variable))).toEqual([]);
      expect(JSON.stringify(variables).length).toBeLessThan(3072);
    }
  });

  it('names everything within its limit', () => {
    const tooLong = [
      ...resourcesOf(stage, 'AWS::Lambda::Function').filter((fn) => fn['FunctionName'].length > 64),
      ...resourcesOf(stage, 'AWS::SQS::Queue').filter((queue) => (queue['QueueName'] ?? '').length > 80),
      ...resourcesOf(stage, 'AWS::Pipes::Pipe').filter((pipe) => pipe['Name'].length > 64),
    ];
    expect(tooLong).toEqual([]);
  });

  it('writes key policies that name a principal in every statement', () => {
    for (const key of resourcesOf(stage, 'AWS::KMS::Key')) {
      for (const statement of key['KeyPolicy'].Statement) expect(statement).toHaveProperty('Principal.AWS');
    }
  });

  it('keeps what cannot be made again, unless the stack that first makes it fails', () => {
    const kept = [
      'AWS::KMS::Key',
      'AWS::DynamoDB::GlobalTable',
      'AWS::SecretsManager::Secret',
      'AWS::Cognito::UserPool',
    ];
    const policies = allResources(stage)
      .filter(([, { Type }]) => kept.includes(Type))
      .map(([, resource]) => resource as { DeletionPolicy?: string; UpdateReplacePolicy?: string });
    expect(policies.length).toBeGreaterThanOrEqual(8);
    for (const policy of policies)
      expect(policy).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  });

  it('gives every time to live an attribute, and keeps tables when their stack goes', () => {
    const tables = allResources(stage).filter(([, { Type }]) => Type === 'AWS::DynamoDB::GlobalTable');
    for (const [, table] of tables) {
      expect(table).toHaveProperty('DeletionPolicy', 'RetainExceptOnCreate');
    }
    const expiries = tables.flatMap(([, { Properties }]) => Properties['TimeToLiveSpecification'] ?? []);
    expect(expiries).toEqual(expiries.map(() => ({ AttributeName: 'ttl', Enabled: true })));
    expect([tables.length, expiries.length]).toEqual([5, 3]);
  });

  it('can restore every table but the cache to a second of the last days, and protects those of people who use it', () => {
    const tables = allResources(stage).filter(([, { Type }]) => Type === 'AWS::DynamoDB::GlobalTable');
    const backups = tables.map(([id, { Properties }]) => {
      const [replica] = Properties['Replicas'];
      const { RecoveryPeriodInDays = 0 } = replica.PointInTimeRecoverySpecification ?? {};
      return [id.slice(0, -8), RecoveryPeriodInDays, replica.DeletionProtectionEnabled ?? false];
    });
    const isProtected = name === 'prod';
    expect(backups).toEqual([
      ['Vault', 7, isProtected],
      ['Content', 35, isProtected],
      ['Control', 35, isProtected],
      ['Cache', 0, false],
      ['Audit', 35, true],
    ]);
  });

  it('serves every method and path once, with a verb that exists and an authorizer where one is asked for', () => {
    const methods = resourcesOf(stage, 'AWS::ApiGateway::Method');
    const keys = methods.map(({ HttpMethod, ResourceId }) => `${HttpMethod} ${JSON.stringify(ResourceId)}`);
    expect(new Set(keys).size).toBe(keys.length);
    const paths = resourcesOf(stage, 'AWS::ApiGateway::Resource').map(
      ({ ParentId, PathPart }) => `${JSON.stringify(ParentId)} ${PathPart}`,
    );
    expect(new Set(paths).size).toBe(paths.length);
    for (const method of methods) {
      expect(method['HttpMethod']).toMatch(/^(GET|HEAD|PUT|POST|DELETE|ANY|OPTIONS)$/);
      expect('AuthorizerId' in method).toBe(method['AuthorizationType'] === 'CUSTOM');
    }
  });

  it('has a dead-letter queue for stream, rules and functions', () => {
    const [pipe] = resourcesOf(stage, 'AWS::Pipes::Pipe');
    const arn = { 'Fn::GetAtt': [expect.stringContaining('deadletters'), 'Arn'] };
    expect(pipe?.['SourceParameters'].DynamoDBStreamParameters.DeadLetterConfig).toEqual({ Arn: arn });
    for (const rule of resourcesOf(stage, 'AWS::Events::Rule')) {
      for (const target of rule['Targets']) expect(target.DeadLetterConfig).toEqual({ Arn: arn });
    }
    for (const source of resourcesOf(stage, 'AWS::Lambda::EventSourceMapping')) {
      expect(source['DestinationConfig'].OnFailure).toEqual({ Destination: arn });
      expect(source).toMatchObject({ BisectBatchOnFunctionError: true, MaximumRetryAttempts: 20 });
    }
    for (const config of resourcesOf(stage, 'AWS::Lambda::EventInvokeConfig')) {
      expect(config['DestinationConfig'].OnFailure).toEqual({ Destination: arn });
    }
  });

  it('puts new records on the bus only where they have a consumer, and changed ones always', () => {
    const [pipe] = resourcesOf(stage, 'AWS::Pipes::Pipe');
    const filters = pipe?.['SourceParameters'].FilterCriteria.Filters.map(
      ({ Pattern }: { Pattern: string }) => JSON.parse(Pattern),
    );
    expect(filters).toEqual([
      { eventName: ['INSERT'], dynamodb: { NewImage: { act: { S: expect.any(Array) } } } },
      { eventName: ['MODIFY'] },
      expect.objectContaining({ eventName: ['REMOVE'] }),
    ]);
    const passed = filters[0].dynamodb.NewImage.act.S;
    const consumed = resourcesOf(stage, 'AWS::Events::Rule')
      .map(({ EventPattern }) => EventPattern)
      .filter(
        (pattern) => pattern?.source?.includes('portunus.audit') && pattern.detail.change.includes('INSERT'),
      )
      .flatMap(({ detail }) => detail.act);
    expect(new Set(passed)).toEqual(new Set(consumed));
    for (const act of passed) expect(ACTIONS_RECORDED).toContain(act);
  });

  it('schedules functions on the default bus with valid expressions', () => {
    const rules = resourcesOf(stage, 'AWS::Events::Rule').filter((rule) => rule['ScheduleExpression']);
    const declared = eventFunctions.flatMap((spec) => ('schedule' in spec ? [spec.schedule] : []));
    expect(rules.map((rule) => rule['ScheduleExpression'] as string).toSorted()).toEqual(declared.toSorted());
    for (const rule of rules) {
      expect(rule['ScheduleExpression']).toMatch(
        /^(rate\((1 (minute|hour|day)|\d+ (minute|hour|day)s)\)|cron\(\S+ \S+ (\? \S+ \S+|\S+ \S+ \?) \S+\))$/,
      );
      expect(rule).not.toHaveProperty('EventBusName');
      expect(rule).not.toHaveProperty('EventPattern');
    }
  });

  it('publishes every notice to the operator topic, over TLS only', () => {
    const [topic, ...others] = allResources(stage).filter(([, { Type }]) => Type === 'AWS::SNS::Topic');
    expect(others).toEqual([]);
    const Ref = topic?.[0];
    const rules = resourcesOf(stage, 'AWS::Events::Rule').filter(({ Targets }) => Targets[0].Arn.Ref === Ref);
    const onRecords = rules.filter(({ EventBusName }) => EventBusName);
    expect(onRecords.map(({ EventPattern }) => EventPattern)).toEqual(
      [['notice.raised'], ['audit.tampered', 'cache.tampered']].map((act) => ({
        source: ['portunus.audit'],
        detail: { act, change: ['INSERT'] },
      })),
    );
    // CloudTrail knows the default bus only.
    expect(rules.filter(({ EventBusName }) => !EventBusName)).toMatchObject([
      {
        EventPattern: {
          source: ['aws.kms'],
          'detail-type': ['AWS API Call via CloudTrail'],
          detail: {
            eventName: expect.arrayContaining([
              'CreateGrant',
              'DisableKey',
              'PutKeyPolicy',
              'ScheduleKeyDeletion',
            ]),
            resources: { ARN: resourcesOf(stage, 'AWS::KMS::Key').map(() => expect.anything()) },
          },
        },
      },
    ]);
    const [pipe] = resourcesOf(stage, 'AWS::Pipes::Pipe');
    const carried = Object.keys(JSON.parse(pipe?.['TargetParameters'].InputTemplate));
    const shown = onRecords.flatMap(({ Targets }) =>
      Object.values(Targets[0].InputTransformer.InputPathsMap),
    );
    expect(carried.map((field) => `$.detail.${field}`)).toEqual(expect.arrayContaining(shown));
    const [policy] = resourcesOf(stage, 'AWS::SNS::TopicPolicy');
    expect(policy?.['PolicyDocument'].Statement).toMatchObject([
      { Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      { Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' }, Action: 'sns:Publish' },
      { Effect: 'Allow', Principal: { Service: 'budgets.amazonaws.com' }, Action: 'sns:Publish' },
    ]);
  });

  it('lets a service act for its own resources of this account only, wherever AWS says for which it acts', () => {
    const policies = ['AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy'].flatMap((type) =>
      resourcesOf(stage, type),
    );
    const allowed = policies
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .filter(({ Effect }) => Effect === 'Allow');
    expect(allowed.length).toBeGreaterThan(3);
    for (const { Condition } of allowed) expect(Condition.ArnEquals['aws:SourceArn']).toBeTruthy();
    for (const permission of resourcesOf(stage, 'AWS::Lambda::Permission')) {
      expect(permission['SourceArn']).toBeTruthy();
    }
    const trusts = resourcesOf(stage, 'AWS::IAM::Role')
      .flatMap(({ AssumeRolePolicyDocument }) => AssumeRolePolicyDocument.Statement)
      .filter(({ Principal }) => ['events.amazonaws.com', 'pipes.amazonaws.com'].includes(Principal.Service));
    expect(trusts).toHaveLength(4);
    for (const { Condition } of trusts) {
      const values = Object.assign({}, ...Object.values(Condition));
      expect(Object.keys(values).toSorted()).toEqual(['aws:SourceAccount', 'aws:SourceArn']);
    }
  });

  it('keeps ciphertext out of the index that the expiry sweep reads', () => {
    const tables = resourcesOf(stage, 'AWS::DynamoDB::GlobalTable');
    const indexes = tables.flatMap((table) => table['GlobalSecondaryIndexes'] ?? []);
    const expiry = indexes.find(({ IndexName }) => IndexName === 'expiry');
    expect(expiry?.Projection).toEqual({
      ProjectionType: 'INCLUDE',
      NonKeyAttributes: ['expiresAt', 'version', 'last4', 'status', 'kind'],
    });
  });
});

it('detects an unacknowledged finding', () => {
  const app = new App();
  const queue = new Queue(new Stack(app, 'Careless'), 'open-queue');
  const { violations } = new AwsSolutionsChecks().validateScope(queue);
  expect(violations.map(({ ruleName }) => ruleName)).toContain('AwsSolutions-SQS4');
});
