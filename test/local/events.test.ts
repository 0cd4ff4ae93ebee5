import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { ResourceType } from '#local/cloudformation/resource-type.ts';
import { createDynamo, type Dynamo } from '#local/dynamodb/dynamodb.ts';
import { createRootClient } from '#local/dynamodb/root-client.ts';
import { createEvents, type Events } from '#local/events/events.ts';
import { createIam, type Iam } from '#local/iam/iam.ts';
import { createJournal, type Journal } from '#local/call-journal.ts';

const site = { account: '000000000000', region: 'eu-central-1' };
const functionArn = 'arn:aws:lambda:eu-central-1:000000000000:function:on-recorded';
const busArn = 'arn:aws:events:eu-central-1:000000000000:event-bus/audit';
const queueArn = (name: string) => `arn:aws:sqs:eu-central-1:000000000000:${name}`;
const ruleArn = 'arn:aws:events:eu-central-1:000000000000:rule/audit/recorded';

type Behaviour = (payload: Record<string, unknown>) => { functionError?: string };

let folder: string;
let dynamo: Dynamo;
let iam: Iam;
let journal: Journal;
let events: Events;
let received: Record<string, unknown>[];
let behave: Behaviour;
let mayInvoke: boolean;
let problems: string[];

const lambda = () => ({
  async invoke(_arn: string, payload: unknown) {
    received.push(payload as Record<string, unknown>);
    return behave(payload as Record<string, unknown>);
  },
  mayInvoke: ({ principal, sourceArn }: { principal: string; sourceArn: string }) =>
    mayInvoke && principal === 'events.amazonaws.com' && sourceArn === ruleArn,
  functions: () => [{ arn: functionArn, roleArn: 'arn:aws:iam::000000000000:role/function' }],
});

const startEvents = () =>
  createEvents({
    folder: join(folder, 'events'),
    site,
    iam,
    lambda: lambda(),
    dynamo,
    journal,
    onProblem: (line) => problems.push(line),
  });

const create = (type: ResourceType | undefined, name: string, properties: object) =>
  type?.create({ site, stack: 'S', logicalId: name, physicalName: name, properties: { ...properties } });

const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const allow = (Action: string | string[], Resource: string) => ({ Effect: 'Allow', Action, Resource });
const role = (name: string, service: string, ...statements: object[]) =>
  create(iam.types['AWS::IAM::Role'], name, {
    RoleName: name,
    AssumeRolePolicyDocument: policy({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { Service: service },
    }),
    ...(statements.length > 0 && { Policies: [{ PolicyName: 'p', PolicyDocument: policy(...statements) }] }),
  });

type Given = {
  rule?: object;
  pipe?: object;
  stream?: object;
  pipeMay?: string[];
  queuePolicy?: object;
  invokeConfig?: object;
};

/** A table, a pipe from its stream to a bus, and a rule from there to a function, each with a dead-letter queue. */
async function provision(given: Given = {}) {
  const table = await create(dynamo.types['AWS::DynamoDB::GlobalTable'], 'audit-table', {
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
  });
  const streamArn = String(table?.attributes?.StreamArn);
  const streamActions = ['DescribeStream', 'GetShardIterator', 'GetRecords'].map(
    (name) => `dynamodb:${name}`,
  );
  const pipeMay = given.pipeMay ?? [...streamActions, 'events:PutEvents', 'sqs:SendMessage'];
  await role('pipe', 'pipes.amazonaws.com', allow(pipeMay, '*'));
  await role('function', 'lambda.amazonaws.com', allow('sqs:SendMessage', queueArn('failed')));
  events = startEvents();
  for (const name of ['undelivered', 'failed', 'unread']) {
    const queue = await create(events.types['AWS::SQS::Queue'], name, {
      QueueName: name,
      MessageRetentionPeriod: 1_209_600,
    });
    const sendFor = {
      Effect: 'Allow',
      Action: 'sqs:SendMessage',
      Resource: queueArn(name),
      Principal: { Service: 'events.amazonaws.com' },
      Condition: { ArnEquals: { 'aws:SourceArn': ruleArn } },
    };
    await create(events.types['AWS::SQS::QueuePolicy'], `${name}-policy`, {
      Queues: [queue?.ref],
      PolicyDocument: given.queuePolicy ?? policy(sendFor),
    });
  }
  await create(events.types['AWS::Events::EventBus'], 'audit', { Name: 'audit' });
  await create(events.types['AWS::Events::Rule'], 'recorded', {
    EventBusName: 'audit',
    EventPattern: { source: ['portunus.audit'] },
    Targets: [
      {
        Id: 'T',
        Arn: functionArn,
        DeadLetterConfig: { Arn: queueArn('undelivered') },
        RetryPolicy: { MaximumRetryAttempts: 1 },
        ...given.rule,
      },
    ],
  });
  if (given.invokeConfig)
    await create(events.types['AWS::Lambda::EventInvokeConfig'], 'config', given.invokeConfig);
  await create(events.types['AWS::Pipes::Pipe'], 'to-bus', {
    RoleArn: 'arn:aws:iam::000000000000:role/pipe',
    Source: streamArn,
    SourceParameters: {
      FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT"]}' }] },
      DynamoDBStreamParameters: { StartingPosition: 'TRIM_HORIZON', BatchSize: 25, ...given.stream },
    },
    Target: busArn,
    TargetParameters: {
      EventBridgeEventBusParameters: { Source: 'portunus.audit', DetailType: 'audit.recorded' },
      InputTemplate: '{"eventId":"<$.dynamodb.NewImage.eventId.S>"}',
      ...given.pipe,
    },
  });
}

async function record(...ids: string[]) {
  const client = createRootClient(dynamo.endpoint);
  for (const id of ids) {
    await client.call('PutItem', { TableName: 'audit-table', Item: { pk: { S: id }, eventId: { S: id } } });
  }
  client.close();
}

const eventIds = (payloads: readonly Record<string, unknown>[]) =>
  payloads.map(({ detail }) => (detail as { eventId: string }).eventId);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portunus-events-'));
  iam = createIam(site);
  journal = createJournal();
  received = [];
  problems = [];
  behave = () => ({});
  mayInvoke = true;
  dynamo = await createDynamo({ folder, site, engine: 'dynoxide' });
});
afterEach(async () => {
  await events?.stop();
  await dynamo.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a pipe from a table stream to a function', () => {
  it('delivers each insert in EventBridge’s envelope, transformed by the input template', async () => {
    await provision();
    events.start();
    await record('one', 'two');
    await events.settled();
    expect(eventIds(received)).toEqual(['one', 'two']);
    expect(received[0]).toMatchObject({
      version: '0',
      source: 'portunus.audit',
      'detail-type': 'audit.recorded',
      account: site.account,
      region: site.region,
      detail: { eventId: 'one' },
    });
    expect(events.busEvents()).toHaveLength(2);
  });

  it('drops records that the filter does not match', async () => {
    await provision();
    events.start();
    await record('same', 'same');
    await events.settled();
    expect(eventIds(received)).toEqual(['same']);
  });

  it('counts one PutEvents call for up to ten records, under the pipe’s name', async () => {
    await provision();
    await record(...Array.from({ length: 12 }, (_, index) => `e${index}`));
    events.start();
    await events.settled();
    expect(received).toHaveLength(12);
    const calls = journal.all().filter(({ caller }) => caller === 'pipe/to-bus');
    expect(
      calls.map(({ service, operation, resources, allowed }) => [service, operation, resources, allowed]),
    ).toEqual([
      ['events', 'PutEvents', [busArn], true],
      ['events', 'PutEvents', [busArn], true],
    ]);
  });

  it('continues after a restart without repeating delivered records', async () => {
    await provision();
    events.start();
    await record('before');
    await events.settled();
    await events.stop();
    await record('between');
    received = [];
    await provision();
    events.start();
    await events.settled();
    expect(eventIds(received)).toEqual(['between']);
  });

  it('delivers records again that were in delivery when the stack stopped', async () => {
    behave = () => ({ functionError: 'Unhandled' });
    await provision();
    events.start();
    await record('unfinished');
    await vi.waitFor(() => expect(received.length).toBeGreaterThan(0));
    await events.stop();
    expect(events.lost()).toEqual([]);
    received = [];
    behave = () => ({});
    await provision();
    events.start();
    await events.settled();
    expect(eventIds(received)).toEqual(['unfinished']);
  });
});

describe('an event that the function fails to handle', () => {
  it('is tried three times and then dropped without a configured destination, as Lambda does', async () => {
    behave = () => ({ functionError: 'Unhandled' });
    await provision();
    events.start();
    await record('poison');
    await events.settled();
    expect(received).toHaveLength(3);
    expect(events.queues()[queueArn('undelivered')]).toEqual([]);
    expect(events.lost()).toMatchObject([
      { target: functionArn, reason: expect.stringContaining('no dead-letter queue') },
    ]);
    expect(problems.join()).toContain('is lost');
  });

  it('goes to the function’s failure destination', async () => {
    behave = () => ({ functionError: 'Unhandled' });
    await provision({
      invokeConfig: {
        FunctionName: 'on-recorded',
        MaximumRetryAttempts: 1,
        DestinationConfig: { OnFailure: { Destination: queueArn('failed') } },
      },
    });
    events.start();
    await record('poison');
    await events.settled();
    expect(received).toHaveLength(2);
    const [message] = events.queues()[queueArn('failed')] ?? [];
    expect(JSON.parse(message?.body ?? '{}')).toMatchObject({
      requestContext: { condition: 'RetriesExhausted' },
      requestPayload: { detail: { eventId: 'poison' } },
      responseContext: { functionError: 'Unhandled' },
    });
    expect(events.lost()).toEqual([]);
  });

  it('is lost when the function’s role lacks permission for the destination', async () => {
    behave = () => ({ functionError: 'Unhandled' });
    await provision({
      invokeConfig: {
        FunctionName: functionArn,
        MaximumRetryAttempts: 0,
        DestinationConfig: { OnFailure: { Destination: queueArn('unread') } },
      },
    });
    events.start();
    await record('poison');
    await events.settled();
    expect(events.queues()[queueArn('unread')]).toEqual([]);
    expect(events.lost()).toHaveLength(1);
  });
});

describe('an event that cannot be delivered to the function', () => {
  it('goes to the rule’s queue with the reason, without retries when permission is missing', async () => {
    mayInvoke = false;
    await provision();
    events.start();
    await record('refused');
    await events.settled();
    expect(received).toEqual([]);
    expect(events.queues()[queueArn('undelivered')]).toMatchObject([
      {
        attributes: {
          ERROR_CODE: 'NO_PERMISSIONS',
          RULE_ARN: ruleArn,
          TARGET_ARN: functionArn,
          RETRY_ATTEMPTS: '0',
        },
      },
    ]);
  });

  it('is retried as often as the rule’s retry policy allows', async () => {
    behave = () => {
      throw Object.assign(new Error('Rate Exceeded.'), { name: 'TooManyRequestsException' });
    };
    await provision();
    events.start();
    await record('throttled');
    await events.settled();
    expect(received).toHaveLength(2);
    const [message] = events.queues()[queueArn('undelivered')] ?? [];
    expect(message?.attributes).toMatchObject({
      ERROR_CODE: 'TooManyRequestsException',
      RETRY_ATTEMPTS: '1',
    });
    expect(JSON.parse(message?.body ?? '{}')).toMatchObject({ detail: { eventId: 'throttled' } });
  });

  it('is lost when the queue’s policy does not allow the rule', async () => {
    mayInvoke = false;
    const foreign = {
      Effect: 'Allow',
      Action: 'sqs:SendMessage',
      Resource: '*',
      Principal: { Service: 'events.amazonaws.com' },
      Condition: { ArnEquals: { 'aws:SourceArn': `${ruleArn}-other` } },
    };
    await provision({ queuePolicy: policy(foreign) });
    events.start();
    await record('refused');
    await events.settled();
    expect(events.queues()[queueArn('undelivered')]).toEqual([]);
    expect(events.lost()).toHaveLength(1);
  });
});

describe('a pipe whose role lacks a permission', () => {
  it('reads nothing and reports IAM’s error message', async () => {
    await provision({ pipeMay: ['events:PutEvents'] });
    events.start();
    await record('unread');
    await vi.waitFor(() =>
      expect(problems.join()).toContain('not authorized to perform: dynamodb:DescribeStream'),
    );
    expect(received).toEqual([]);
    expect(journal.all()).toContainEqual(
      expect.objectContaining({ operation: 'DescribeStream', allowed: false }),
    );
  });

  it('sends the stream position of undeliverable records to its queue when its retries end', async () => {
    await provision({
      pipeMay: ['dynamodb:*', 'sqs:SendMessage'],
      stream: {
        MaximumRetryAttempts: 1,
        DeadLetterConfig: { Arn: queueArn('unread') },
        OnPartialBatchItemFailure: 'AUTOMATIC_BISECT',
      },
    });
    events.start();
    await record('undeliverable');
    await events.settled();
    const [message] = events.queues()[queueArn('unread')] ?? [];
    expect(JSON.parse(message?.body ?? '{}')).toMatchObject({
      context: { condition: 'RetryAttemptsExhausted' },
      DDBStreamBatchInfo: { batchSize: 1 },
    });
    expect(received).toEqual([]);
  });
});

describe('an event for a topic', () => {
  const topicArn = 'arn:aws:sns:eu-central-1:000000000000:ops';
  const toTopic = { Arn: topicArn, InputTransformer: { InputTemplate: '"new: <aws.events.rule-name>"' } };

  async function provisionTopic(...statements: object[]) {
    await provision({ rule: toTopic });
    const topic = await create(events.types['AWS::SNS::Topic'], 'ops', { TopicName: 'ops' });
    expect(topic?.ref).toBe(topicArn);
    await create(events.types['AWS::SNS::TopicPolicy'], 'ops-policy', {
      Topics: [topicArn],
      PolicyDocument: policy(...statements),
    });
    events.start();
    await record('one');
    await events.settled();
  }
  const mayPublish = {
    Effect: 'Allow',
    Action: 'sns:Publish',
    Resource: topicArn,
    Principal: { Service: 'events.amazonaws.com' },
  };

  it('is published as the rule’s input transformer writes it', async () => {
    const tlsOnly = {
      Effect: 'Deny',
      Action: 'sns:Publish',
      Resource: topicArn,
      Principal: '*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    await provisionTopic(mayPublish, tlsOnly);
    expect(events.published()).toEqual([{ topicArn, message: '"new: recorded"' }]);
    expect(received).toEqual([]);
  });

  it('goes to the rule’s queue when the topic’s policy does not allow the rule', async () => {
    await provisionTopic({ ...mayPublish, Principal: { Service: 's3.amazonaws.com' } });
    expect(events.published()).toEqual([]);
    expect(events.queues()[queueArn('undelivered')]).toMatchObject([
      { attributes: { ERROR_CODE: 'NO_PERMISSIONS', TARGET_ARN: topicArn } },
    ]);
  });
});

describe('an unsupported event resource fails the start', () => {
  it.each([
    ['a target that is no function', { rule: { Arn: queueArn('failed') } }, 'is no Lambda'],
    ['a target property nobody knows', { rule: { SqsParameters: {} } }, 'SqsParameters'],
    ['a pipe target property nobody knows', { pipe: { HttpParameters: {} } }, 'HttpParameters'],
    ['a placeholder nobody knows', { pipe: { InputTemplate: '{"x":<nope>}' } }, 'Unknown placeholder <nope>'],
  ])('%s', async (_name, given, message) => {
    await expect(provision(given)).rejects.toThrow(message);
  });
});
