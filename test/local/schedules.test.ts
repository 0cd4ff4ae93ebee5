import { describe, expect, it } from 'vitest';

import type { RuleTarget } from '#local/events/rule-target.ts';
import { parseSchedule } from '#local/events/schedule.ts';
import { createSchedules } from '#local/events/schedules.ts';

const at = (time: string) => Date.parse(time);
const nextTime = (expression: string, after: string) =>
  new Date(parseSchedule(expression).next(at(after))).toISOString().slice(0, 16);

describe('a schedule', () => {
  it.each([
    ['rate(1 day)', '2026-07-01T05:00Z', '2026-07-02T05:00'],
    ['rate(5 minutes)', '2026-07-01T05:00Z', '2026-07-01T05:05'],
    ['rate(12 hours)', '2026-07-01T18:00Z', '2026-07-02T06:00'],
    ['cron(15 5 * * ? *)', '2026-07-01T05:14:59Z', '2026-07-01T05:15'],
    ['cron(15 5 * * ? *)', '2026-07-01T05:15Z', '2026-07-02T05:15'],
    ['cron(0/15 * * * ? *)', '2026-07-01T05:31Z', '2026-07-01T05:45'],
    ['cron(0 18 ? * MON-FRI *)', '2026-07-03T18:00Z', '2026-07-06T18:00'],
    ['cron(0 8 1 * ? *)', '2026-12-01T08:00Z', '2027-01-01T08:00'],
    ['cron(0 10 ? * MON,WED *)', '2026-07-01T10:00Z', '2026-07-06T10:00'],
    ['cron(30 4 1-7 1,7 ? 2027)', '2026-07-01T10:00Z', '2027-01-01T04:30'],
    ['cron(0 0 29 FEB ? *)', '2026-07-01T00:00Z', '2028-02-29T00:00'],
  ])('%s after %s is due at %s', (expression, after, due) => {
    expect(nextTime(expression, after)).toBe(due);
  });

  it.each([
    'rate(1 days)',
    'rate(2 day)',
    'rate(0 days)',
    'rate(1 week)',
    'cron(15 5 * * *)',
    'cron(15 5 * * * *)',
    'cron(15 5 ? * ? *)',
    'cron(60 5 * * ? *)',
    'cron(15 5 L * ? *)',
    'cron(15 5 ? * 6#3 *)',
    'cron(15 5 ? * 2-6 *)',
    'cron(15 5 LW * ? *)',
    'cron(15 25 * * ? *)',
    'at(2026-07-01T00:00:00)',
    'daily',
  ])('%s fails the start', (expression) => {
    expect(() => parseSchedule(expression)).toThrow('is not valid or not supported');
  });

  it('that has no next time throws an error that names it', () => {
    expect(() => nextTime('cron(0 0 1 1 ? 2020)', '2026-07-01T00:00Z')).toThrow('never due again');
  });
});

describe('a scheduled rule', () => {
  const target: RuleTarget = {
    ruleArn: 'arn:rule/daily',
    targetArn: 'arn:aws:lambda:eu-central-1:000000000000:function:portunus-local-on-x',
    input: (event) => event,
    maximumRetryAttempts: 0,
  };

  /** Time passes only as far as somebody waits for it. */
  function clockwork(expression: string, until: number) {
    const events: { time: string; resources: string[] }[] = [];
    const clock = { ms: at('2026-07-01T05:00Z') };
    const finished = Promise.withResolvers<void>();
    const problems: string[] = [];
    const schedules = createSchedules({
      site: { account: '000000000000', region: 'eu-central-1' },
      rules: () => [
        {
          arn: 'arn:rule/daily',
          bus: 'default',
          enabled: true,
          includesReadEvents: false,
          matches: () => false,
          schedule: parseSchedule(expression),
          targets: [target],
        },
      ],
      async deliver(_target, event) {
        events.push(event as (typeof events)[number]);
        if (events.length === until) finished.resolve();
      },
      async pause(ms, signal) {
        if (events.length < until) clock.ms += ms;
        else await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
      now: () => clock.ms,
      onProblem: (line) => problems.push(line),
    });
    return { schedules, events, finished: finished.promise, problems };
  }

  it('invokes its function at each due time with a scheduled event', async () => {
    const { schedules, events, finished } = clockwork('cron(15 5 * * ? *)', 3);
    schedules.start();
    await finished;
    await schedules.stop();
    expect(events.map(({ time }) => time)).toEqual([
      '2026-07-01T05:15:00Z',
      '2026-07-02T05:15:00Z',
      '2026-07-03T05:15:00Z',
    ]);
    expect(events[0]).toMatchObject({
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      resources: ['arn:rule/daily'],
      detail: {},
    });
  });

  it('can be run immediately as of a given time', async () => {
    const { schedules, events } = clockwork('rate(1 day)', 1);
    await schedules.run('on-x', new Date('2031-02-03T04:05:06Z'));
    expect(events.map(({ time }) => time)).toEqual(['2031-02-03T04:05:06Z']);
    await expect(schedules.run('x-on')).rejects.toThrow('No schedule runs x-on');
  });

  it('without a next time is reported and does not stop the other rules', async () => {
    const { schedules, problems } = clockwork('cron(0 0 1 1 ? 2020)', 1);
    schedules.start();
    await schedules.stop();
    expect(problems).toEqual([expect.stringContaining('never due again')]);
  });
});
