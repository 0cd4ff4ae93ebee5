// One row of functions/events.ts → one Lambda, the rule that starts it, and its dead-letter queue.
import { Duration } from 'aws-cdk-lib';
import { CfnRule, Rule, type RuleProps, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, FilterCriteria, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Construct } from 'constructs';

import type { EventFunction } from '#functions/events.ts';

import { auditStreamArn, STREAM_READS } from './audit-stream.ts';
import type { DataStack } from './data-stack.ts';
import { deadLetterQueue } from './dead-letter-queue.ts';
import { createFunction, type FunctionSite } from './function.ts';

/** The function, its trigger and its dead-letter queue. */
export function eventFunction(scope: Construct, site: FunctionSite, spec: EventFunction): void {
  const { name, needs, timeoutSeconds = 30 } = spec;
  if (spec.auditStream) return streamFunction(scope, site, spec);
  const trigger = triggerOf(spec, site.data);
  if (!trigger) {
    // Invoked only by an operator, who receives its error directly.
    createFunction(scope, site, { name, needs, timeoutSeconds, description: 'Started by an operator' });
    return;
  }
  const deadLetters = deadLetterQueue(scope, { id: `${name}-dead-letters`, config: site.config });
  const maxEventAge = Duration.hours(2);
  const fn = createFunction(scope, site, {
    name,
    needs,
    description: `On ${trigger.on}`,
    timeoutSeconds,
    // Receives events after the function's own retries; the rule's queue below receives those that could not be
    // delivered.
    asynchronous: { retryAttempts: 2, maxEventAge, onFailure: new SqsDestination(deadLetters) },
  });
  const rule = new Rule(scope, `${name}-rule`, {
    ...trigger.rule,
    targets: [
      new LambdaFunction(fn, {
        deadLetterQueue: deadLetters,
        retryAttempts: 8,
        maxEventAge: Duration.hours(2),
      }),
    ],
  });
  if (trigger.state && rule.node.defaultChild instanceof CfnRule)
    rule.node.defaultChild.state = trigger.state;
}

/** Lambda's own polling of a stream is free of charge, and so are the rows that the filter leaves out. */
function streamFunction(
  scope: Construct,
  site: FunctionSite,
  { name, needs, timeoutSeconds }: EventFunction,
): void {
  const deadLetters = deadLetterQueue(scope, { id: `${name}-dead-letters`, config: site.config });
  const fn = createFunction(scope, site, {
    name,
    needs,
    description: 'On new rows of the audit table',
    timeoutSeconds,
    consumesStream: true,
  });
  const eventSourceArn = auditStreamArn(site.data);
  fn.addToRolePolicy(new PolicyStatement({ actions: STREAM_READS, resources: [eventSourceArn] }));
  new EventSourceMapping(scope, `${name}-source`, {
    target: fn,
    eventSourceArn,
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: 100,
    maxBatchingWindow: Duration.seconds(10), // several rows of one owner become one write
    filters: [FilterCriteria.filter({ eventName: ['INSERT'] })],
    bisectBatchOnError: true,
    reportBatchItemFailures: true,
    retryAttempts: 20,
    maxRecordAge: Duration.hours(12), // a stream keeps records for 24 hours
    onFailure: new SqsDlq(deadLetters),
  });
}

/** Trigger of the function: audit bus, CloudTrail, or schedule. The last two use the default bus. */
function triggerOf(
  { name, pattern, schedule, vaultKeyCalls }: EventFunction,
  { auditBus, vaultKeys }: DataStack,
): { on: string; rule: RuleProps; state?: string } | undefined {
  if (schedule) {
    const rule = { description: `Clock to ${name}`, schedule: Schedule.expression(schedule) };
    return { on: schedule, rule };
  }
  if (vaultKeyCalls) {
    const detail = {
      eventSource: ['kms.amazonaws.com'],
      eventName: [...vaultKeyCalls],
      resources: { ARN: vaultKeys.map(({ keyArn }) => keyArn) },
    };
    const eventPattern = { source: ['aws.kms'], detailType: ['AWS API Call via CloudTrail'], detail };
    return {
      on: `KMS ${vaultKeyCalls.join(', ')}`,
      rule: { description: `CloudTrail to ${name}`, eventPattern },
      // CloudTrail classifies Decrypt as a read-only management event, which a rule in the default state does not
      // receive.
      state: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
    };
  }
  if (!pattern) return undefined;
  const { change, act } = pattern.detail;
  const eventPattern = {
    source: [...pattern.source],
    detail: { change: [...change], ...(act && { act: [...act] }) },
  };
  return {
    on: `${pattern.detail.change.join(', ')} of audit records`,
    rule: { description: `Audit bus to ${name}`, eventBus: auditBus, eventPattern },
  };
}
