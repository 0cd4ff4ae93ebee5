import { readFileSync } from 'node:fs';
import type { Context } from 'aws-lambda';
import { describe, expect, it, vi } from 'vitest';

import { auditStreamConsumer } from '#functions/edge/audit-stream.ts';
import { countAuth } from '#functions/edge/auth-metric.ts';
import { logError } from '#functions/edge/log.ts';
import { type EventFunction, eventFunctions } from '#functions/events.ts';
import { ALARM_METRICS } from '#scripts/cost.ts';
import { AppError } from '#shared/core/errors.ts';

import { type Properties, resourcesOf, synthesise } from './synthesised.ts';

const dev = synthesise({ stage: 'dev' });
const alarms = resourcesOf(dev, 'AWS::CloudWatch::Alarm');
const headings = [...readFileSync('docs/runbook.md', 'utf8').matchAll(/^## (.*)$/gm)].map(
  ([, heading = '']) => heading,
);

/** Lines that the work writes to the log, parsed. */
function linesOf(work: () => void): Properties[] {
  const lines: string[] = [];
  const writes = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      lines.push(String(text));
      return true;
    }),
  );
  work();
  for (const write of writes) write.mockRestore();
  return lines.map((line) => JSON.parse(line));
}

/** Names and dimensions of the metrics in lines of CloudWatch's embedded metric format. */
const emittedBy = (work: () => void): string[] =>
  linesOf(work).flatMap(({ _aws }) => {
    const [{ Namespace, Dimensions, Metrics }] = _aws.CloudWatchMetrics;
    return Metrics.map(
      ({ Name }: { Name: string }) => `${Namespace} ${Name} ${Dimensions[0].join()}`,
    ) as string[];
  });

const named = (type: string, property: string) =>
  resourcesOf(dev, type).map((each) => String(each[property]));

/** Work that writes a line with this code. */
const WRITERS: Readonly<Record<string, () => void>> = {
  kms_unavailable: () => logError(new AppError('kms_unavailable'), undefined, 'r1'),
  unreadable_record: () => void auditStreamConsumer(async () => [])({ Records: [{}] }, {} as Context),
};

describe('the alarms', () => {
  it('watch every dead-letter queue', () => {
    const queues = resourcesOf(dev, 'AWS::SQS::Queue');
    const watched = alarms.filter(({ MetricName }) => MetricName === 'ApproximateNumberOfMessagesVisible');
    expect(new Set(watched.map(({ Dimensions }) => JSON.stringify(Dimensions))).size).toBe(queues.length);
    for (const alarm of watched) expect(alarm).toMatchObject({ Threshold: 0, Statistic: 'Maximum' });
  });

  it.each(alarms.map((alarm) => [String(alarm['AlarmName']), alarm] as const))(
    '%s goes to the ops topic, both ways, and names a section of the runbook',
    (name, alarm) => {
      expect(name).toMatch(/^portunus-dev-/);
      for (const actions of [alarm['AlarmActions'], alarm['OKActions']])
        expect(JSON.stringify(actions)).toContain(':portunus-dev-ops"');
      const [, heading] = /Runbook: (.*) \(docs\/runbook\.md#/.exec(alarm['AlarmDescription']) ?? [];
      expect(headings).toContain(heading);
      const isSchedule = name.endsWith('-missing');
      expect(alarm['TreatMissingData']).toBe(isSchedule ? 'breaching' : 'notBreaching');
    },
  );

  it('may publish, and so may the budget: the policy of the topic admits those of this stage', () => {
    const [policy] = resourcesOf(dev, 'AWS::SNS::TopicPolicy');
    const allowed = policy?.['PolicyDocument'].Statement.filter(
      ({ Effect }: { Effect: string }) => Effect === 'Allow',
    );
    expect(allowed).toMatchObject([
      { Action: 'sns:Publish', Principal: { Service: 'cloudwatch.amazonaws.com' } },
      { Action: 'sns:Publish', Principal: { Service: 'budgets.amazonaws.com' } },
    ]);
    expect(JSON.stringify(allowed)).toContain(':alarm:portunus-dev-*');
    expect(JSON.stringify(allowed)).toContain(':budget/portunus-dev"');
  });

  it('are counted by their metrics in the estimate of costs', () => {
    const metrics = alarms.map(({ Metrics }) =>
      Metrics ? Metrics.filter(({ MetricStat }: { MetricStat?: object }) => MetricStat).length : 1,
    );
    const difference = metrics.reduce((sum, one) => sum + one, 0) - ALARM_METRICS;
    expect(Math.abs(difference)).toBeLessThan(5);
  });

  it('import nothing from another stack', () => {
    expect(JSON.stringify(dev.templates.Ops)).not.toContain('Fn::ImportValue');
  });

  it('name functions, API, pipe and log groups that exist', () => {
    const existing: Readonly<Record<string, readonly string[]>> = {
      ApiName: named('AWS::ApiGateway::RestApi', 'Name'),
      FunctionName: named('AWS::Lambda::Function', 'FunctionName'),
      LogGroupName: named('AWS::Logs::LogGroup', 'LogGroupName'),
      PipeName: named('AWS::Pipes::Pipe', 'Name'),
    };
    const dimensions = alarms.flatMap(
      ({ Dimensions = [] }) => Dimensions as { Name: string; Value: unknown }[],
    );
    const names = dimensions.filter(({ Name }) => Name in existing);
    expect(new Set(names.map(({ Name }) => Name))).toEqual(new Set(Object.keys(existing)));
    for (const { Name, Value } of names) expect(existing[Name]).toContain(Value);
  });

  it('miss each schedule that starts no function', () => {
    const scheduled = (eventFunctions as readonly EventFunction[]).filter(({ schedule }) => schedule);
    const missing = alarms.filter(({ TreatMissingData }) => TreatMissingData === 'breaching');
    expect(missing.map(({ AlarmName }) => AlarmName)).toEqual(
      scheduled.map(({ name }) => `portunus-dev-${name}-missing`),
    );
    for (const { MetricName, Threshold, ComparisonOperator } of missing)
      expect([MetricName, Threshold, ComparisonOperator]).toEqual(['Invocations', 1, 'LessThanThreshold']);
  });

  it('read metrics of ours that the code emits', () => {
    const emitted = emittedBy(() => {
      vi.stubEnv('STAGE', 'dev');
      countAuth('accepted');
      countAuth('ours');
      vi.unstubAllEnvs();
    });
    const read = alarms
      .flatMap(({ Metrics = [] }) => Metrics as { MetricStat?: { Metric: Record<string, any> } }[]) // oxlint-disable-line typescript/no-explicit-any -- a template is JSON
      .flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : []))
      .filter(({ Namespace }) => Namespace === 'Portunus')
      .map(({ Namespace, MetricName, Dimensions }) =>
        [Namespace, MetricName, Dimensions.map(({ Name }: { Name: string }) => Name).join()].join(' '),
      );
    expect(read.toSorted()).toEqual(['Portunus AuthAccepted Stage', 'Portunus AuthFailed Stage']);
    expect(emitted.toSorted()).toEqual(read.toSorted());
  });

  it('read metrics of log lines that the code writes', () => {
    const filters = resourcesOf(dev, 'AWS::Logs::MetricFilter');
    const made = filters.flatMap(({ MetricTransformations: [{ MetricNamespace, MetricName }] }) => [
      `${MetricNamespace} ${MetricName}`,
    ]);
    const read = alarms.filter(({ Namespace }) => String(Namespace).startsWith('Portunus/'));
    expect(read.length).toBeGreaterThan(0);
    for (const { Namespace, MetricName } of read) expect(made).toContain(`${Namespace} ${MetricName}`);
    const codes = filters.map(
      ({ FilterPattern }) => /^\{ \$\.code = "(\w+)" \}$/.exec(FilterPattern)?.[1] ?? '',
    );
    expect(new Set(codes)).toEqual(new Set(Object.keys(WRITERS)));
    for (const [code, work] of Object.entries(WRITERS))
      expect(linesOf(work)).toEqual([expect.objectContaining({ level: 'ERROR', code })]);
  });
});

describe('the budget', () => {
  it('exists where the stage names an amount, counts the stage by its tags, and tells the ops topic', () => {
    expect(resourcesOf(dev, 'AWS::Budgets::Budget')).toEqual([]);
    const [budget] = resourcesOf(synthesise({ stage: 'dev', monthlyBudgetUsd: 25 }), 'AWS::Budgets::Budget');
    expect(budget).toMatchObject({
      Budget: { BudgetName: 'portunus-dev', BudgetLimit: { Amount: 25, Unit: 'USD' }, TimeUnit: 'MONTHLY' },
    });
    expect(JSON.stringify(budget?.['Budget'].FilterExpression)).toContain('"Key":"stage"');
    for (const { Subscribers } of budget?.['NotificationsWithSubscribers'] ?? [])
      expect(JSON.stringify(Subscribers)).toContain(':portunus-dev-ops"');
  });
});
