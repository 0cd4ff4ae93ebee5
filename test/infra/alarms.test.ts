import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';

import { countAuth } from '#functions/edge/auth-metric.ts';

import { resourcesOf, synthesise } from './synthesised.ts';

const dev = synthesise({ stage: 'dev' });
const alarms = resourcesOf(dev, 'AWS::CloudWatch::Alarm');
const headings = [...readFileSync('docs/runbook.md', 'utf8').matchAll(/^## (.*)$/gm)].map(
  ([, heading = '']) => heading,
);

/** Names and dimensions of the metrics in a line of CloudWatch's embedded metric format. */
function emittedBy(work: () => void): string[] {
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  work();
  write.mockRestore();
  return lines.flatMap((line) => {
    const [{ Namespace, Dimensions, Metrics }] = JSON.parse(line)._aws.CloudWatchMetrics;
    return Metrics.map(
      ({ Name }: { Name: string }) => `${Namespace} ${Name} ${Dimensions[0].join()}`,
    ) as string[];
  });
}

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
      expect(alarm['TreatMissingData']).toBe('notBreaching');
    },
  );

  it('may publish: the policy of the topic admits the alarms of this stage', () => {
    const [policy] = resourcesOf(dev, 'AWS::SNS::TopicPolicy');
    const allowed = policy?.['PolicyDocument'].Statement.filter(
      ({ Effect }: { Effect: string }) => Effect === 'Allow',
    );
    expect(allowed).toMatchObject([
      { Action: 'sns:Publish', Principal: { Service: 'cloudwatch.amazonaws.com' } },
    ]);
    expect(JSON.stringify(allowed)).toContain(':alarm:portunus-dev-*');
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
      .map(({ Namespace, MetricName, Dimensions }) =>
        [Namespace, MetricName, Dimensions.map(({ Name }: { Name: string }) => Name).join()].join(' '),
      );
    expect(read.toSorted()).toEqual(['Portunus AuthAccepted Stage', 'Portunus AuthFailed Stage']);
    expect(emitted.toSorted()).toEqual(read.toSorted());
  });
});
