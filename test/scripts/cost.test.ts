import { describe, expect, it } from 'vitest';

import { ALARM_METRICS, report } from '#scripts/cost.ts';
import { alwaysOnMonth, costOf, idleMonth, PRICES } from '#scripts/cost-model.ts';
import { PINNED_AWS_CALLS } from '#scripts/pinned-aws-calls.ts';

const costs = (callsPerWrite: number) =>
  Object.fromEntries(
    Object.entries(PINNED_AWS_CALLS).map(([outcome, calls]) => [
      outcome,
      costOf(outcome, calls, { callsPerWrite }),
    ]),
  );

describe('the estimate of costs', () => {
  it('prices every pinned route and outcome, and rejects a call without a price', () => {
    const each = Object.values(costs(1));
    expect(each.length).toBeGreaterThan(80);
    for (const { gateway, total } of each) expect(total).toBeGreaterThan(gateway);
    expect(() => costOf('x', 'PutItem CreateTable', { callsPerWrite: 1 })).toThrow(
      /CreateTable has no price/,
    );
  });

  it('reaches the aims of the product for calls that come in bursts of five', () => {
    const { time_now, todo_create } = costs(5);
    expect(time_now?.total).toBeLessThanOrEqual(8);
    expect(todo_create?.total).toBeLessThanOrEqual(11);
  });

  it('adds nothing for usage where nothing is recorded', () => {
    expect(costs(1)['health']).toMatchObject({ aws: 0, usage: 0 });
  });

  it('prints prices with their sources, the idle month and the break-even', () => {
    const text = report({ callsPerWrite: 1, alarms: ALARM_METRICS }).join('\n');
    for (const { source } of Object.values(PRICES)) expect(text).toContain(source);
    expect(text).toMatch(/Break-even with calls like todo_create: \d+\.\d million a month/);
    const idle = Object.values(idleMonth({ alarms: ALARM_METRICS })).reduce((sum, one) => sum + one, 0);
    expect(idle).toBeLessThan(alwaysOnMonth() / 5);
  });
});
