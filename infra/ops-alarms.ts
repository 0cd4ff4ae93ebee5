// Alarms of a stage, by the names of what they watch: requests, functions, events, schedules, keys.
import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

import { authorizer, type EventFunction, eventFunctions } from '#functions/events.ts';

import { addAlarm, type AlarmSpec } from './alarm.ts';
import type { StageConfig } from './config.ts';
import { LOG_METRICS, logGroupName, logMetricNamespace } from './function-logs.ts';

const FIVE_MINUTES = Duration.minutes(5);
const HOUR = Duration.hours(1);

export function addOpsAlarms(scope: Construct, config: StageConfig): void {
  const specs = [
    ...requestAlarms(config),
    ...functionAlarms(config),
    ...eventAlarms(config),
    ...scheduleAlarms(config),
    ...keyAlarms(config),
  ];
  for (const spec of specs) addAlarm(scope, config, spec);
}

const ofLog = (config: StageConfig, metricName: string): Metric =>
  new Metric({
    namespace: logMetricNamespace(config),
    metricName,
    statistic: Stats.SUM,
    period: FIVE_MINUTES,
  });

const functionName = ({ stage }: StageConfig, name: string): string => `portunus-${stage}-${name}`;

function requestAlarms({ stage }: StageConfig): AlarmSpec[] {
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
      statistic: Stats.SUM,
      period: HOUR,
    });
  return [
    {
      id: 'api-5xx-alarm',
      description: 'More than 1 % of all requests failed, for ten minutes.',
      runbook: 'The API answers 5XX',
      metric: ofApi('5XXError', Stats.AVERAGE), // of 0 and 1 per request
      above: 0.01,
      periods: 2,
    },
    {
      id: 'latency-alarm',
      description: 'One request in twenty took longer than 15 seconds, for a quarter of an hour.',
      runbook: 'Requests are slow',
      metric: ofApi('Latency', Stats.p(95)), // until the last byte: most of it is the time of a model
      above: 15_000,
      periods: 3,
    },
    {
      id: 'authentication-alarm',
      description: 'The gateway itself failed more than 0.1 % of all sign-ins of an hour.',
      runbook: 'Authentication success rate is below 99.9 %',
      metric: new MathExpression({
        expression: '100 * accepted / (accepted + FILL(failed, 0))',
        usingMetrics: { accepted: signIns('AuthAccepted'), failed: signIns('AuthFailed') },
        period: HOUR,
        label: 'Authentication success rate',
      }),
      below: 99.9,
    },
  ];
}

/** Without a dimension: all functions of the account, because they share its quota and an alarm cannot sum over names. */
const ofAllFunctions = (metricName: string, statistic: string): Metric =>
  new Metric({ namespace: 'AWS/Lambda', metricName, statistic, period: FIVE_MINUTES });

const functionAlarms = (config: StageConfig): AlarmSpec[] => [
  {
    id: 'authorizer-latency-alarm',
    description: 'One token check in twenty took longer than 500 ms, for a quarter of an hour.',
    runbook: 'Requests are slow',
    metric: new Metric({
      namespace: 'AWS/Lambda',
      metricName: 'Duration',
      dimensionsMap: { FunctionName: functionName(config, authorizer.name) },
      statistic: Stats.p(95),
      period: FIVE_MINUTES,
    }),
    above: 500,
    periods: 3,
  },
  {
    id: 'function-errors-alarm',
    description: 'A function ended without an answer: it crashed, ran out of memory or out of time.',
    runbook: 'Functions crash or time out',
    metric: ofAllFunctions('Errors', Stats.SUM),
    above: 0,
  },
  {
    id: 'throttles-alarm',
    description: 'Lambda refused to start a function: the account, or a reserved concurrency, is exhausted.',
    runbook: 'Lambda throttles calls',
    metric: ofAllFunctions('Throttles', Stats.SUM),
    above: 0,
  },
  {
    id: 'concurrency-alarm',
    description: 'More than 80 % of the concurrent executions of the account were in use.',
    runbook: 'Lambda throttles calls',
    metric: new MathExpression({
      expression: '100 * used / SERVICE_QUOTA(used)',
      usingMetrics: {
        used: new Metric({
          namespace: 'AWS/Usage',
          metricName: 'ResourceCount',
          dimensionsMap: {
            Class: 'None',
            Resource: 'ConcurrentExecutions',
            Service: 'Lambda',
            Type: 'Resource',
          },
          statistic: Stats.MAXIMUM,
          period: FIVE_MINUTES,
        }),
      },
      period: FIVE_MINUTES,
      label: 'Concurrent executions in use, %',
    }),
    above: 80,
  },
];

const eventAlarms = (config: StageConfig): AlarmSpec[] => [
  {
    id: 'unreadable-record-alarm',
    description: 'A row of the audit table could not be read and was not counted.',
    runbook: 'An audit record cannot be read',
    metric: ofLog(config, LOG_METRICS.unreadableRecord.metricName),
    above: 0,
  },
  ...['ExecutionFailed', 'ExecutionThrottled'].map((metricName) => ({
    id: `audit-pipe-${metricName === 'ExecutionFailed' ? 'failed' : 'throttled'}-alarm`,
    description: 'New audit records did not reach the bus at the first attempt.',
    runbook: 'The audit pipe fails',
    metric: new Metric({
      namespace: 'AWS/EventBridge/Pipes',
      metricName,
      dimensionsMap: { PipeName: `portunus-${config.stage}-audit` },
      statistic: Stats.SUM,
      period: FIVE_MINUTES,
    }),
    above: 0,
    periods: 3, // single failures are retried
  })),
  ...(eventFunctions as readonly EventFunction[]).flatMap(({ name, auditStream }) =>
    auditStream
      ? [
          {
            id: `${name}-lag-alarm`,
            description: 'Audit records waited in the stream for more than ten minutes.',
            runbook: 'The audit stream lags',
            metric: new Metric({
              namespace: 'AWS/Lambda',
              metricName: 'IteratorAge',
              dimensionsMap: { FunctionName: functionName(config, name) },
              statistic: Stats.MAXIMUM,
              period: FIVE_MINUTES,
            }),
            above: Duration.minutes(10).toMilliseconds(),
            periods: 2,
          },
        ]
      : [],
  ),
];

/** Period and number of periods in which a schedule must have started its function at least once. */
const windowOf = (schedule: string): { period: Duration; periods: number } =>
  schedule.startsWith('rate(') ? { period: HOUR, periods: 1 } : { period: Duration.days(1), periods: 2 };

const scheduleAlarms = (config: StageConfig): AlarmSpec[] =>
  (eventFunctions as readonly EventFunction[]).flatMap(({ name, schedule }) => {
    if (!schedule) return [];
    const { period, periods } = windowOf(schedule);
    return [
      {
        id: `${name}-missing-alarm`,
        description: `${name} was not started although its schedule is ${schedule}.`,
        runbook: 'A scheduled run is missing',
        metric: new Metric({
          namespace: 'AWS/Lambda',
          metricName: 'Invocations',
          dimensionsMap: { FunctionName: functionName(config, name) },
          statistic: Stats.SUM,
          period,
        }),
        below: 1,
        periods,
        noData: 'alarm' as const,
      },
    ];
  });

const keyAlarms = (config: StageConfig): AlarmSpec[] => [
  {
    id: 'kms-unavailable-alarm',
    description: 'KMS throttled calls or did not answer, in every attempt of at least five requests.',
    runbook: 'KMS is unavailable',
    metric: ofLog(config, LOG_METRICS.kmsUnavailable.metricName),
    above: 4,
  },
  ...(['api', 'audit'] as const).map((part) => ({
    id: `secret-in-${part}-log-alarm`,
    description: 'A line in the log of the functions had the format of an API key or token. It is masked.',
    runbook: 'A secret in a log',
    metric: new Metric({
      namespace: 'AWS/Logs',
      metricName: 'LogEventsWithFindings',
      dimensionsMap: { DataProtectionOperation: 'Audit', LogGroupName: logGroupName(config, part) },
      statistic: Stats.SUM,
      period: FIVE_MINUTES,
    }),
    above: 0,
  })),
];
