// Scheduled rules: a timer for each, and a way to run one immediately.
import { randomUUID } from 'node:crypto';

import type { Site } from '#local/cloudformation/resource-type.ts';

import type { Deliver } from './delivery.ts';
import { type BusEvent, seconds } from './event.ts';
import type { Pause } from './event-ports.ts';
import type { Rule } from './rule.ts';

export type Schedules = {
  readonly start: () => void;
  /**
   * Runs the schedules of one function as of `time`; settles as a delivery does.
   * @throws when no schedule targets this function.
   */
  readonly run: (functionName: string, time?: Date) => Promise<void>;
  readonly stop: () => Promise<void>;
};

type SchedulesOptions = {
  readonly site: Site;
  readonly rules: () => readonly Rule[];
  readonly deliver: Deliver;
  readonly pause: Pause;
  readonly now: () => number;
  readonly onProblem: (line: string) => void;
};

/** A function's own name or, on a stage, what follows its prefix. */
const isNamed = (arn: string, name: string) => [':', '-'].some((before) => arn.endsWith(`${before}${name}`));

/** Upper bound for one timer: the machine may sleep, and its clock may change. */
const LONGEST_PAUSE_MS = 60_000;

export function createSchedules(options: SchedulesOptions): Schedules {
  const { site, rules, deliver, pause, now, onProblem } = options;
  const stopping = new AbortController();
  const running: Promise<void>[] = [];
  const { signal } = stopping;

  async function fire({ arn, targets }: Rule, time: Date): Promise<void> {
    const event: BusEvent = {
      version: '0',
      id: randomUUID(),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: site.account,
      time: seconds(time),
      region: site.region,
      resources: [arn],
      detail: {},
    };
    await Promise.all(targets.map((target) => deliver(target, event, signal)));
  }

  async function runSchedule(rule: Rule, next: (afterMs: number) => number): Promise<void> {
    let dueAt = next(now());
    while (!signal.aborted) {
      await pause(Math.min(Math.max(dueAt - now(), 0), LONGEST_PAUSE_MS), signal);
      if (signal.aborted || now() < dueAt) continue;
      await fire(rule, new Date(dueAt));
      dueAt = next(Math.max(dueAt, now())); // missed runs are skipped, as on AWS
    }
  }

  /** Reports the failure of one schedule without stopping the others. */
  const reported = (rule: Rule) => (error: unknown) => {
    if (error !== signal.reason)
      onProblem(`${rule.arn}: ${error instanceof Error ? error.message : String(error)}`);
  };

  return {
    start() {
      for (const rule of rules()) {
        if (rule.enabled && rule.schedule) {
          running.push(runSchedule(rule, rule.schedule.next).catch(reported(rule)));
        }
      }
    },

    async run(functionName, time = new Date(now())) {
      const selected = rules().filter(
        ({ schedule, targets }) =>
          schedule && targets.some(({ targetArn }) => isNamed(targetArn, functionName)),
      );
      if (selected.length === 0) throw new Error(`No schedule runs ${functionName}.`);
      for (const rule of selected) await fire(rule, time);
    },

    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}
