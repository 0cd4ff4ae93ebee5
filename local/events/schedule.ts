// `ScheduleExpression` of a rule: `rate(1 day)`, `cron(15 5 * * ? *)`. Times are UTC, to the minute, as on AWS.
export type Schedule = {
  /** The first time after this one, in milliseconds. Throws where there is none. */
  readonly next: (afterMs: number) => number;
};

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const UNITS: Readonly<Record<string, number>> = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: DAY_MS };

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

type Field = { readonly from: number; readonly to: number; readonly names?: readonly string[] };

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const FIELDS = [
  { from: 0, to: 59 },
  { from: 0, to: 23 },
  { from: 1, to: 31 },
  { from: 1, to: 12, names: MONTHS },
  { from: 1, to: 7, names: WEEKDAYS },
  { from: 1970, to: 2199 },
] as const satisfies readonly Field[];

/** Search horizon: every valid date recurs within it, even 29 February on a given weekday. */
const HORIZON_DAYS = 41 * 366;

function cron(argument: string): Schedule | undefined {
  const texts = argument.split(' ');
  if (texts.length !== FIELDS.length || (texts[2] === '?') === (texts[4] === '?')) return undefined;
  const sets = FIELDS.map((field, index) => parseField(texts[index] ?? '', field));
  const [minutes, hours, days, months, weekdays, years] = sets;
  if (!minutes || !hours || !days || !months || !weekdays || !years) return undefined;
  const isDue = (day: Date) =>
    years.has(day.getUTCFullYear()) &&
    months.has(day.getUTCMonth() + 1) &&
    days.has(day.getUTCDate()) &&
    weekdays.has(day.getUTCDay() + 1);
  const times = [...hours].flatMap((hour) => [...minutes].map((minute) => (hour * 60 + minute) * MINUTE_MS));

  return {
    next(afterMs) {
      const midnight = Math.floor(afterMs / DAY_MS) * DAY_MS;
      for (let at = midnight; at < midnight + HORIZON_DAYS * DAY_MS; at += DAY_MS) {
        if (!isDue(new Date(at))) continue;
        const later = times.filter((time) => at + time > afterMs);
        if (later.length > 0) return at + Math.min(...later);
      }
      throw new Error(`cron(${argument}) is never due again.`);
    },
  };
}

/** Lists, ranges, steps and names. `L`, `W` and `#` are not supported. */
function parseField(text: string, field: Field): Set<number> | undefined {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [, range = '', step = '1'] = /^([^/]+)(?:\/([1-9]\d*))?$/.exec(part) ?? [];
    const bounds = parseRange(range, field, part.includes('/'));
    if (!bounds || bounds.from < field.from || bounds.to > field.to || bounds.from > bounds.to)
      return undefined;
    for (let value = bounds.from; value <= bounds.to; value += Number(step)) values.add(value);
  }
  return values;
}

function parseRange(range: string, field: Field, isStepped: boolean): Field | undefined {
  if (range === '*' || range === '?') return field;
  const [from = Number.NaN, to = isStepped ? field.to : from, ...more] = range
    .split('-')
    .map((one) => parseFieldValue(one, field));
  return more.length > 0 || Number.isNaN(from) || Number.isNaN(to) ? undefined : { from, to };
}

function parseFieldValue(text: string, { from, names = [] }: Field): number {
  if (/^\d+$/.test(text)) return Number(text);
  const index = names.indexOf(text.toUpperCase());
  return index < 0 ? Number.NaN : from + index;
}
