// Operator topic: notices, changed audit records and administrative calls on the CMKs, one line each, for its subscribers.
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { EventField, type EventPattern, type IEventBus, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

import { opsTopicName } from './alarm.ts';
import { budgetName } from './budget.ts';
import type { StageConfig } from './config.ts';
import type { DataStack } from './data-stack.ts';
import { deadLetterQueue } from './dead-letter-queue.ts';
import type { FunctionSite } from './function.ts';
import { InlineRole } from './inline-role.ts';

const field = (name: string) => EventField.fromPath(`$.detail.${name}`);

type Signal = {
  readonly name: string;
  readonly description: string;
  /** Absent: the default bus of the account. */
  readonly bus?: IEventBus;
  readonly pattern: EventPattern;
  readonly text: string;
};

const record = `owner ${field('ownerId')}, at ${field('ts')} (audit record ${field('eventId')})`;

/** Actions of the records that operators have to see. */
export const SIGNALLED_ACTS = ['notice.raised', 'audit.tampered', 'cache.tampered'] as const;
type SignalledAct = (typeof SIGNALLED_ACTS)[number];

const recordSignals = (bus: IEventBus): Signal[] => {
  const onAct = (name: string, { acts, text }: { acts: readonly SignalledAct[]; text: string }): Signal => ({
    name,
    description: `${acts.join(', ')} to the ops topic`,
    bus,
    pattern: { source: ['portunus.audit'], detail: { act: [...acts], change: ['INSERT'] } },
    text: `${text}, ${record}.`,
  });
  return [
    onAct('notices', {
      acts: ['notice.raised'],
      text: `${field('severity')} notice ${field('reason')} about ${field('target')}`,
    }),
    onAct('tampering', {
      acts: ['audit.tampered', 'cache.tampered'],
      text: `critical: ${field('act')}, ${field('target')} was ${field('reason')} after it was written`,
    }),
  ];
};

/**
 * Calls that take a key away from its users, or give it to others. No function makes one; a deployment may change a policy. They
 * go to the topic directly, not through a function that their author might stop. Attempts that KMS denied count.
 */
const KEY_CALLS = [
  'CreateGrant',
  'DeleteImportedKeyMaterial',
  'DisableKey',
  'DisableKeyRotation',
  'ImportKeyMaterial',
  'PutKeyPolicy',
  'ScheduleKeyDeletion',
];

const keySignal = ({ vaultKeys, fingerprintKey, auditKey }: DataStack): Signal => ({
  name: 'keys',
  description: 'Administrative calls on the CMKs, reported by CloudTrail, to the ops topic',
  pattern: {
    source: ['aws.kms'],
    detailType: ['AWS API Call via CloudTrail'],
    detail: {
      eventSource: ['kms.amazonaws.com'],
      eventName: KEY_CALLS,
      resources: { ARN: [...vaultKeys, fingerprintKey, auditKey].map(({ keyArn }) => keyArn) },
    },
  },
  text: `critical: KMS ${field('eventName')} on key ${field('requestParameters.keyId')} by ${field('userIdentity.arn')} from ${field('sourceIPAddress')}, at ${field('eventTime')} ${field('errorCode')} (CloudTrail event ${field('eventID')}).`,
});

export function opsTopic(scope: Construct, { data, config }: FunctionSite): Topic {
  const prefix = `portunus-${config.stage}`;
  // No CMK: a message contains a key id and an owner id, no person and no secret. EventBridge cannot use the
  // AWS-managed key.
  const topic = new Topic(scope, 'ops-topic', {
    topicName: opsTopicName(config),
    displayName: `Portunus ${config.stage}`,
    enforceSSL: true,
  });
  topic.addToResourcePolicy(fromAlarms(topic, config));
  topic.addToResourcePolicy(fromBudget(topic, config));
  if (config.operatorEmail) topic.addSubscription(new EmailSubscription(config.operatorEmail));
  const deadLetters = deadLetterQueue(scope, { id: 'ops-notices-dead-letters', config });
  for (const { name, description, bus, pattern, text } of [
    ...recordSignals(data.auditBus),
    keySignal(data),
  ]) {
    const ruleName = `${prefix}-ops-${name}`;
    const rule = new Rule(scope, `ops-${name}-rule`, {
      ruleName,
      description,
      ...(bus && { eventBus: bus }),
      eventPattern: pattern,
    });
    rule.addTarget(
      new SnsTopic(topic, {
        role: publisher(scope, { name, ruleName: bus ? `${bus.eventBusName}/${ruleName}` : ruleName }),
        message: RuleTargetInput.fromText(`Portunus ${config.stage}: ${text}`),
        deadLetterQueue: deadLetters,
        retryAttempts: 8,
        maxEventAge: Duration.hours(2),
      }),
    );
  }
  new CfnOutput(scope, 'OpsTopicArn', {
    value: topic.topicArn,
    description: 'Subscribe those who run this stage: they get a line for every notice.',
  });
  return topic;
}

/** A topic with a policy of its own has no default one, under which alarms of the account may publish. */
const fromAlarms = (topic: Topic, { stage, env }: StageConfig): PolicyStatement =>
  new PolicyStatement({
    sid: 'AlarmsOfThisStage',
    principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
    actions: ['sns:Publish'],
    resources: [topic.topicArn],
    conditions: {
      StringEquals: { 'aws:SourceAccount': env.account },
      ArnEquals: {
        'aws:SourceArn': `arn:${Stack.of(topic).partition}:cloudwatch:${env.region}:${env.account}:alarm:portunus-${stage}-*`,
      },
    },
  });

const fromBudget = (topic: Topic, config: StageConfig): PolicyStatement =>
  new PolicyStatement({
    sid: 'BudgetOfThisStage',
    principals: [new ServicePrincipal('budgets.amazonaws.com')],
    actions: ['sns:Publish'],
    resources: [topic.topicArn],
    conditions: {
      StringEquals: { 'aws:SourceAccount': config.env.account },
      ArnEquals: {
        'aws:SourceArn': `arn:${Stack.of(topic).partition}:budgets::${config.env.account}:budget/${budgetName(config)}`,
      },
    },
  });

/**
 * EventBridge sends no `aws:SourceArn` to a topic's policy, so a policy for EventBridge would admit rules of any
 * account. Instead the rule publishes with a role that trusts only this rule.
 */
function publisher(scope: Construct, { name, ruleName }: { name: string; ruleName: string }): Role {
  const { account } = Stack.of(scope);
  const ruleArn = Stack.of(scope).formatArn({ service: 'events', resource: 'rule', resourceName: ruleName });
  return new InlineRole(scope, `ops-${name}-role`, {
    description: `Publishes ${name} to the ops topic`,
    assumedBy: new ServicePrincipal('events.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnEquals: { 'aws:SourceArn': ruleArn },
      },
    }),
  });
}
