// Two dashboards of a stage, by the names of what they show: one for its operators, one for the five success metrics.
import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, Stats, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { type CustomMetricGroup, DefaultDashboardFactory, MonitoringFacade } from 'cdk-monitoring-constructs';
import type { Construct } from 'constructs';

import { authorizer, type EventFunction, eventFunctions } from '#functions/events.ts';
import { type Route, routes } from '#functions/routes.ts';

import type { StageConfig } from './config.ts';
import { LOG_METRICS, logGroupName, logMetricNamespace } from './function-logs.ts';

type Named = {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions?: Readonly<Record<string, string>>;
  readonly statistic?: string;
  readonly period?: Duration;
  readonly label?: string;
};

const metric = ({
  namespace,
  metricName,
  dimensions = {},
  statistic = Stats.SUM,
  period,
  label,
}: Named): Metric =>
  new Metric({
    namespace,
    metricName,
    dimensionsMap: { ...dimensions },
    statistic,
    period: period ?? Duration.minutes(5),
    label: label ?? metricName,
  });

/** Metrics that the code writes to its log. */
const own = ({ stage }: StageConfig, metricName: string, period?: Duration): Metric =>
  metric({ namespace: 'Portunus', metricName, dimensions: { Stage: stage }, ...(period && { period }) });

const group = (title: string, ...metrics: (Metric | MathExpression)[]): CustomMetricGroup => ({
  title,
  metrics,
});

export function addDashboards(scope: Construct, config: StageConfig): void {
  operatorDashboard(scope, config);
  successDashboard(scope, config);
}

function dashboard(scope: Construct, { stage }: StageConfig, name: string): MonitoringFacade {
  const dashboardNamePrefix = `portunus-${stage}-${name}`;
  return new MonitoringFacade(scope, name, {
    metricFactoryDefaults: { namespace: 'Portunus' },
    alarmFactoryDefaults: { alarmNamePrefix: dashboardNamePrefix, actionsEnabled: false },
    dashboardFactory: new DefaultDashboardFactory(scope, `${name}-dashboard`, { dashboardNamePrefix }),
  });
}

function operatorDashboard(scope: Construct, config: StageConfig): void {
  const facade = dashboard(scope, config, 'operators');
  facade.monitorCustom({
    alarmFriendlyName: 'Requests',
    humanReadableName: 'Requests',
    metricGroups: requests(config),
  });
  facade.monitorCustom({
    alarmFriendlyName: 'Functions',
    humanReadableName: 'Functions',
    metricGroups: functions(config),
  });
  facade.monitorCustom({
    alarmFriendlyName: 'Events',
    humanReadableName: 'Events',
    metricGroups: events(config),
  });
  facade.monitorCustom({
    alarmFriendlyName: 'Keys',
    humanReadableName: 'Keys and calls',
    metricGroups: keys(config),
  });
}

function requests({ stage }: StageConfig): CustomMetricGroup[] {
  const api = (metricName: string, statistic: string, label = metricName) =>
    metric({
      namespace: 'AWS/ApiGateway',
      metricName,
      dimensions: { ApiName: `portunus-${stage}`, Stage: stage },
      statistic,
      label,
    });
  return [
    group('Requests', api('Count', Stats.SUM)),
    group(
      'Latency until the last byte, ms',
      api('Latency', Stats.p(50), 'p50'),
      api('Latency', Stats.p(95), 'p95'),
    ),
    group('Failures', api('4XXError', Stats.SUM), api('5XXError', Stats.SUM)),
  ];
}

/** Functions that an interactive caller waits for. */
const SHOWN = [
  authorizer.name,
  ...(routes as readonly Route[]).filter(({ streaming }) => streaming).map(({ name }) => name),
  'tools-invoke',
];

/** Without a dimension: all functions of the account. */
const all = (metricName: string, statistic: string) =>
  metric({ namespace: 'AWS/Lambda', metricName, statistic });

function functions({ stage }: StageConfig): CustomMetricGroup[] {
  const names = [...new Set(SHOWN)];
  const each = (metricName: string, statistic: string) =>
    names.map((name) =>
      metric({
        namespace: 'AWS/Lambda',
        metricName,
        dimensions: { FunctionName: `portunus-${stage}-${name}` },
        statistic,
        label: name,
      }),
    );
  return [
    group('Duration p95, ms', ...each('Duration', Stats.p(95))),
    group('Errors', ...each('Errors', Stats.SUM)),
    group('The whole account', all('ConcurrentExecutions', Stats.MAXIMUM), all('Throttles', Stats.SUM)),
  ];
}

function events({ stage }: StageConfig): CustomMetricGroup[] {
  const pipe = (metricName: string) =>
    metric({
      namespace: 'AWS/EventBridge/Pipes',
      metricName,
      dimensions: { PipeName: `portunus-${stage}-audit` },
    });
  const ofFunction = (name: string, metricName: string, statistic: string = Stats.SUM) =>
    metric({
      namespace: 'AWS/Lambda',
      metricName,
      dimensions: { FunctionName: `portunus-${stage}-${name}` },
      statistic,
      label: name,
    });
  const consumers = eventFunctions as readonly EventFunction[];
  return [
    group('Pipe', pipe('Invocations'), pipe('ExecutionFailed'), pipe('ExecutionThrottled')),
    group(
      'Age of the stream, ms',
      ...consumers
        .filter(({ auditStream }) => auditStream)
        .map(({ name }) => ofFunction(name, 'IteratorAge', Stats.MAXIMUM)),
    ),
    group('Runs', ...consumers.map(({ name }) => ofFunction(name, 'Invocations'))),
    group('Failed events', ...consumers.map(({ name }) => ofFunction(name, 'Errors'))),
  ];
}

function keys(config: StageConfig): CustomMetricGroup[] {
  const ofLog = (metricName: string) => metric({ namespace: logMetricNamespace(config), metricName });
  return [
    group('Keys', own(config, 'KeysStored'), own(config, 'KeysNotStored'), own(config, 'KeysInvalidated')),
    group(
      'Tool calls',
      own(config, 'ToolCalls'),
      own(config, 'ToolCallsCached'),
      own(config, 'ToolCallsFailed'),
    ),
    group(
      'Not in order',
      ...Object.values(LOG_METRICS).map(({ metricName }) => ofLog(metricName)),
      own(config, 'TamperedRecords'),
    ),
  ];
}

const DAY = Duration.days(1);

const percent = (label: string, expression: string, usingMetrics: Record<string, IMetric>): MathExpression =>
  new MathExpression({ expression, usingMetrics, label, period: DAY });

/** From 0 on. */
const shown = (title: string, ...metrics: (Metric | MathExpression)[]): CustomMetricGroup => ({
  ...group(title, ...metrics),
  graphWidgetAxis: { min: 0 },
});

/** The targets are those of the product; a day without events has no value. */
function successDashboard(scope: Construct, config: StageConfig): void {
  const facade = dashboard(scope, config, 'success');
  const daily = (metricName: string) => own(config, metricName, DAY);
  const findings = (['api', 'audit'] as const).map((part) =>
    metric({
      namespace: 'AWS/Logs',
      metricName: 'LogEventsWithFindings',
      dimensions: { DataProtectionOperation: 'Audit', LogGroupName: logGroupName(config, part) },
      period: DAY,
      label: `Secrets in the log of ${part}`,
    }),
  );
  facade.monitorCustom({
    alarmFriendlyName: 'Success',
    humanReadableName: 'Success metrics, by day',
    metricGroups: [
      shown(
        'Authentication: 99.9 % of sign-ins',
        percent('%', '100 * accepted / (accepted + FILL(failed, 0))', {
          accepted: daily('AuthAccepted'),
          failed: daily('AuthFailed'),
        }),
      ),
      shown('Exposure of keys: 0', ...findings, daily('CriticalNotices')),
      shown(
        'Configuration: 95 % of keys stored',
        percent('%', '100 * stored / (stored + FILL(rejected, 0))', {
          stored: daily('KeysStored'),
          rejected: daily('KeysNotStored'),
        }),
      ),
      shown(
        'Redundant calls: half of them avoided',
        percent('% answered from the cache', '100 * FILL(cached, 0) / calls', {
          cached: daily('ToolCallsCached'),
          calls: daily('ToolCalls'),
        }),
      ),
    ],
  });
  facade.addWidget(
    new TextWidget({
      width: 24,
      height: 3,
      markdown:
        'Confidence: 99 %. Answers of users, always with their number, are in the daily reports: `GET /audit/reports`. Exact numbers of all five are there, too: the graphs above count an event twice that is delivered twice.',
    }),
  );
}
