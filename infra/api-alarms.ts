// Alarms of the API: failures, throttled functions, and sign-ins that the gateway itself fails.
import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

import { addAlarm } from './alarm.ts';
import type { StageConfig } from './config.ts';

const FIVE_MINUTES = Duration.minutes(5);

export function addApiAlarms(scope: Construct, config: StageConfig): void {
  const { stage } = config;
  const ofApi = (metricName: string, statistic: string) =>
    new Metric({
      namespace: 'AWS/ApiGateway',
      metricName,
      dimensionsMap: { ApiName: `portunus-${stage}`, Stage: stage },
      statistic,
      period: FIVE_MINUTES,
    });
  const signIns = (metricName: string) =>
    new Metric({
      namespace: 'Portunus',
      metricName,
      dimensionsMap: { Stage: stage },
      statistic: 'Sum',
      period: Duration.hours(1),
    });

  addAlarm(scope, config, {
    id: 'api-5xx-alarm',
    description: 'More than 1 % of all requests failed, for ten minutes.',
    runbook: 'The API answers 5XX',
    metric: ofApi('5XXError', 'Average'), // of 0 and 1 per request
    above: 0.01,
    periods: 2,
  });
  addAlarm(scope, config, {
    id: 'throttles-alarm',
    description: 'Lambda refused to start a function: the account, or a reserved concurrency, is exhausted.',
    runbook: 'Lambda throttles calls',
    // Without a dimension: all functions of the account, because they share its quota.
    metric: new Metric({
      namespace: 'AWS/Lambda',
      metricName: 'Throttles',
      statistic: 'Sum',
      period: FIVE_MINUTES,
    }),
    above: 0,
  });
  addAlarm(scope, config, {
    id: 'authentication-alarm',
    description: 'The gateway itself failed more than 0.1 % of all sign-ins of an hour.',
    runbook: 'Authentication success rate is below 99.9 %',
    metric: new MathExpression({
      expression: '100 * accepted / (accepted + FILL(failed, 0))',
      usingMetrics: { accepted: signIns('AuthAccepted'), failed: signIns('AuthFailed') },
      period: Duration.hours(1),
      label: 'Authentication success rate',
    }),
    below: 99.9,
  });
}
