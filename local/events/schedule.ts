// `ScheduleExpression` of a rule: `rate(1 day)`, `cron(15 5 * * ? *)`. Times are UTC, to the minute, as on AWS.
import { Cron } from 'croner';

export type Schedule = {
  /** The first time after this one, in milliseconds. Throws where there is none. */
  readonly next: (afterMs: number) => number;
};

const MINUTE_MS = 60_000;
const UNITS: Readonly<Record<string, number>> = {
  minute: MINUTE_MS,
  hour: 60 * MINUTE_MS,
  day: 24 * 60 * MINUTE_MS,
};

/** @throws on an expression that AWS or the local stack does not support. */
export function parseSchedule(expression: string): Schedule {
  const [, kind, argument = ''] = /^(rate|cron)\((.*)\)$/.exec(expression) ?? [];
  const schedule = kind === 'rate' ? rate(argument) : kind === 'cron' ? cron(argument) : undefined;
  if (schedule) return schedule;
  throw new Error(`The schedule ${expression} is not valid or not supported.`);
}

function rate(argument: string): Schedule | undefined {
  const [, value = '', unit = '', plural = ''] = /^([1-9]\d*) (minute|hour|day)(s?)$/.exec(argument) ?? [];
  const stepMs = Number(value) * (UNITS[unit] ?? Number.NaN);
  if (Number.isNaN(stepMs) || (value === '1') === (plural === 's')) return undefined;
  return { next: (afterMs) => afterMs + stepMs };
}

/** `L`, `W` and `#` differ between AWS and croner, as do weekday numbers: AWS counts Sunday as 1, croner as 0. */
const UNSUPPORTED = /[LW#]/;
const LETTERS_AND_SYMBOLS = /^[A-Z*?,-]+$/i;

function cron(argument: string): Schedule | undefined {
  const fields = argument.split(' ');
  const [minutes, hours, days = '', months, weekdays = '', years] = fields;
  const oneDayField = (days === '?') !== (weekdays === '?');
  if (fields.length !== 6 || !oneDayField || !LETTERS_AND_SYMBOLS.test(weekdays)) return undefined;
  if (UNSUPPORTED.test([minutes, hours, days, years].join())) return undefined;
  const pattern = ['0', minutes, hours, days, months, weekdays, years].join(' ').replaceAll('?', '*');
  let schedule: Cron;
  try {
    schedule = new Cron(pattern, { paused: true, timezone: 'UTC', sloppyRanges: true });
  } catch {
    return undefined;
  }
  return {
    next(afterMs) {
      const due = schedule.nextRun(new Date(afterMs));
      if (due === null) throw new Error(`cron(${argument}) is never due again.`);
      return due.getTime();
    },
  };
}
