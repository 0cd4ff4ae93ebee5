// Event pipeline of the audit trail: audit table → stream → the function that counts usage; and → Pipe → bus → one rule per other
// on-* function; and scheduled functions. Those that read a setting are in the API stack. Every step has bounded retries, then a dead-letter queue.
import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { PolicyStatement, type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnPipe } from 'aws-cdk-lib/aws-pipes';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

import { type EventFunction, eventFunctions } from '#functions/events.ts';

import { auditStreamArn, STREAM_READS } from './audit-stream.ts';
import type { DataStack } from './data-stack.ts';
import { deadLetterQueue } from './dead-letter-queue.ts';
import { eventFunction } from './event-function.ts';
import type { FunctionSite } from './function.ts';
import { functionLogs } from './function-logs.ts';
import { readsSettings } from './grants.ts';
import { InlineRole } from './inline-role.ts';
import { logScanner } from './log-scanner.ts';
import { opsTopic, SIGNALLED_ACTS } from './ops-topic.ts';

export class AuditStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { site: Omit<FunctionSite, 'logGroup'> }) {
    super(scope, id, props);
    const site = { ...props.site, logGroup: functionLogs(this, props.site.config, 'audit') };
    auditPipe(this, site);
    for (const spec of eventFunctions as readonly EventFunction[]) {
      if (spec.logs) logScanner(this, site, spec);
      else if (!readsSettings(spec)) eventFunction(this, site, spec);
    }
    opsTopic(this, site);
  }
}

/** Fields of an event: codes and ids, never the record itself. */
const EVENT_FIELDS = [
  'eventId ownerId act category result ts target reason severity',
  'provider usedKeys inputTokens outputTokens costMicroUsd',
].flatMap((names) => names.split(' '));

/** Actions of new records that have a consumer; undefined: one consumer takes all. */
function fannedOutActs(): readonly string[] | undefined {
  const consumed = (eventFunctions as readonly EventFunction[])
    .flatMap(({ pattern }) => pattern ?? [])
    .filter(({ detail }) => detail.change.includes('INSERT'))
    .map(({ detail }) => detail.act);
  if (consumed.includes(undefined)) return undefined;
  return [...new Set([...SIGNALLED_ACTS, ...consumed.flatMap((acts) => acts ?? [])])].toSorted();
}

/** New records of those actions, and every change of any. Only removals by TTL produce no event. */
function streamFilters(): readonly object[] {
  const acts = fannedOutActs();
  return [
    { eventName: ['INSERT'], ...(acts && { dynamodb: { NewImage: { act: { S: acts } } } }) },
    { eventName: ['MODIFY'] },
    {
      eventName: ['REMOVE'],
      userIdentity: { principalId: [{ exists: false }, { 'anything-but': ['dynamodb.amazonaws.com'] }] },
    },
  ];
}

function auditPipe(scope: Construct, { data, config }: FunctionSite): CfnPipe {
  const name = `portunus-${config.stage}-audit`;
  const deadLetters = deadLetterQueue(scope, { id: 'pipe-dead-letters', config });
  const role = pipeRole(scope, {
    data,
    deadLetters,
    pipeArn: Stack.of(scope).formatArn({ service: 'pipes', resource: 'pipe', resourceName: name }),
  });
  const pipe = new CfnPipe(scope, 'audit-pipe', {
    name,
    description: 'New audit records that have a consumer, and each change of a record, become events',
    roleArn: role.roleArn,
    source: auditStreamArn(data),
    sourceParameters: {
      dynamoDbStreamParameters: {
        startingPosition: 'TRIM_HORIZON',
        batchSize: 10, // maximum of one PutEvents call
        maximumRetryAttempts: 20,
        maximumRecordAgeInSeconds: Duration.hours(12).toSeconds(), // a stream keeps records for 24 hours
        onPartialBatchItemFailure: 'AUTOMATIC_BISECT',
        deadLetterConfig: { arn: deadLetters.queueArn },
      },
      filterCriteria: { filters: streamFilters().map((pattern) => ({ pattern: JSON.stringify(pattern) })) },
    },
    target: data.auditBus.eventBusArn,
    targetParameters: {
      eventBridgeEventBusParameters: { source: 'portunus.audit', detailType: 'audit.recorded' },
      inputTemplate: JSON.stringify({
        ...Object.fromEntries(EVENT_FIELDS.map((field) => [field, `<$.dynamodb.NewImage.${field}.S>`])),
        change: '<$.eventName>',
        ttl: '<$.dynamodb.NewImage.ttl.N>',
        oldTtl: '<$.dynamodb.OldImage.ttl.N>',
        pk: '<$.dynamodb.Keys.pk.S>',
        sk: '<$.dynamodb.Keys.sk.S>',
      }),
    },
  });
  return pipe;
}

function pipeRole(scope: Construct, site: { data: DataStack; deadLetters: Queue; pipeArn: string }): Role {
  const { data, deadLetters, pipeArn } = site;
  const role = new InlineRole(scope, 'audit-pipe-role', {
    description: 'What the audit pipe may do: read one stream, put on one bus',
    assumedBy: new ServicePrincipal('pipes.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': Stack.of(scope).account, 'aws:SourceArn': pipeArn },
      },
    }),
  });
  role.addToPolicy(
    new PolicyStatement({
      actions: STREAM_READS,
      resources: [auditStreamArn(data)],
    }),
  );
  role.addToPolicy(
    new PolicyStatement({ actions: ['events:PutEvents'], resources: [data.auditBus.eventBusArn] }),
  );
  role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }));
  return role;
}
