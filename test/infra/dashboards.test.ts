// Dashboards of a stage: what they show exists.
import { describe, expect, it } from 'vitest';

import { OUTCOME_METRICS } from '#functions/edge/outcome-metrics.ts';

import { resourcesOf, synthesise } from './synthesised.ts';

const dev = synthesise({ stage: 'dev' });

type Widget = { readonly type: string; readonly properties: { readonly [name: string]: unknown } };
type Shown = {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Record<string, string>;
};

/** The body is joined from texts and the Region. */
const bodyOf = (body: unknown): string =>
  typeof body === 'string'
    ? body
    : (body as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1]
        .map((part) => (typeof part === 'string' ? part : 'eu-central-1'))
        .join('');

const dashboards = Object.fromEntries(
  resourcesOf(dev, 'AWS::CloudWatch::Dashboard').map(({ DashboardName, DashboardBody }) => {
    const { widgets } = JSON.parse(bodyOf(DashboardBody)) as { widgets: Widget[] };
    return [String(DashboardName), widgets];
  }),
);

/** `[namespace, name, dimension, value, …, options]`; an expression has options alone. */
const metricsIn = (widgets: readonly Widget[]): Shown[] =>
  widgets
    .flatMap(({ properties }) => [...((properties['metrics'] ?? []) as unknown[][])])
    .map((metric) => metric.filter((part) => typeof part === 'string'))
    .filter(([namespace]) => namespace !== undefined)
    .map(([namespace = '', name = '', ...rest]) => ({
      namespace,
      name,
      dimensions: Object.fromEntries(
        rest.flatMap((part, n) => (n % 2 === 0 ? [[part, rest[n + 1] ?? '']] : [])),
      ),
    }));

describe('the dashboards of a stage', () => {
  it('are one for its operators and one for the success metrics, in a stack that imports nothing', () => {
    expect(Object.keys(dashboards).toSorted()).toEqual(['portunus-dev-operators', 'portunus-dev-success']);
    expect(JSON.stringify(dev.templates.Ops)).not.toContain('Fn::ImportValue');
  });

  it('show the five success metrics with their targets', () => {
    const text = JSON.stringify(dashboards['portunus-dev-success']);
    for (const target of ['99.9 %', 'Exposure of keys: 0', '95 %', 'half of them', 'Confidence: 99 %'])
      expect(text).toContain(target);
  });

  it('read metrics that the code emits, and names that exist', () => {
    const shown = Object.values(dashboards).flatMap(metricsIn);
    const ours = shown.filter(({ namespace }) => namespace === 'Portunus').map(({ name }) => name);
    const signIns = ['AuthAccepted', 'AuthFailed'];
    expect(new Set(ours)).toEqual(new Set([...Object.keys(OUTCOME_METRICS), ...signIns]));
    const functions = resourcesOf(dev, 'AWS::Lambda::Function').map(({ FunctionName }) => FunctionName);
    const named = shown.flatMap(({ dimensions }) => dimensions['FunctionName'] ?? []);
    expect(named.length).toBeGreaterThan(10);
    expect(functions).toEqual(expect.arrayContaining(named));
    const filters = resourcesOf(dev, 'AWS::Logs::MetricFilter').map(
      ({ MetricTransformations: [{ MetricNamespace, MetricName }] }) => `${MetricNamespace} ${MetricName}`,
    );
    const ofLogs = shown.filter(({ namespace }) => namespace.startsWith('Portunus/'));
    expect(ofLogs.length).toBeGreaterThan(0);
    for (const { namespace, name } of ofLogs) expect(filters).toContain(`${namespace} ${name}`);
  });
});
