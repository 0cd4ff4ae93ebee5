// Dead-letter queue: holds failed events until an operator handles them.
import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

import { acknowledge } from './acknowledge.ts';
import { addAlarm } from './alarm.ts';
import type { StageConfig } from './config.ts';

export function deadLetterQueue(
  scope: Construct,
  { id, config }: { id: string; config: StageConfig },
): Queue {
  const queue = new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  const reason = 'This is the dead-letter queue.';
  acknowledge(queue, { 'AwsSolutions-SQS3': reason, 'Serverless-SQSRedrivePolicy': reason });
  addAlarm(scope, config, {
    id: `${id}-alarm`,
    description: 'Events could not be handled and wait in a dead-letter queue.',
    runbook: 'A dead-letter queue is not empty',
    metric: queue.metricApproximateNumberOfMessagesVisible({
      period: Duration.minutes(5),
      statistic: 'Maximum',
    }),
    above: 0,
  });
  return queue;
}
