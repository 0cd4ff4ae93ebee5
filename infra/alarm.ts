// An alarm that puts a line on the ops topic, and names the section of the runbook that handles it.
import { Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

import type { StageConfig } from './config.ts';

export const opsTopicName = ({ stage }: Pick<StageConfig, 'stage'>): string => `portunus-${stage}-ops`;

export type AlarmSpec = {
  readonly id: string;
  /** Full sentences. */
  readonly description: string;
  /** Heading of a section in docs/runbook.md. */
  readonly runbook: string;
  readonly metric: IMetric;
  /** Default 1. */
  readonly periods?: number;
  /** Default: none, a metric without data is in order. */
  readonly noData?: 'alarm';
} & ({ readonly above: number } | { readonly below: number });

const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

/** The topic is named, not referenced: an import would tie the stacks together. */
export function addAlarm(scope: Construct, config: StageConfig, spec: AlarmSpec): void {
  const { id, description, runbook, metric, periods = 1 } = spec;
  const topicArn = Stack.of(scope).formatArn({ service: 'sns', resource: opsTopicName(config) });
  const [threshold, comparisonOperator] =
    'above' in spec
      ? [spec.above, ComparisonOperator.GREATER_THAN_THRESHOLD]
      : [spec.below, ComparisonOperator.LESS_THAN_THRESHOLD];
  const alarm = new Alarm(scope, id, {
    alarmName: `portunus-${config.stage}-${id.replace(/-alarm$/, '')}`,
    alarmDescription: `${description} Runbook: ${runbook} (docs/runbook.md#${anchorOf(runbook)}).`,
    metric,
    threshold,
    comparisonOperator,
    evaluationPeriods: periods,
    treatMissingData: spec.noData === 'alarm' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  });
  alarm.addAlarmAction({ bind: () => ({ alarmActionArn: topicArn }) });
  alarm.addOkAction({ bind: () => ({ alarmActionArn: topicArn }) });
}
