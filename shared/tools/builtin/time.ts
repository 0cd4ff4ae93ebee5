import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';

import { defineTool, type Tool } from '#shared/tools/tool.ts';
import {
  type Clock,
  createZonedClock,
  later,
  NO_TIME,
  offsetShown,
  shown,
  spanBetween,
} from './zoned-time.ts';

const annotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

const zone = z.string().min(1).max(64).default('UTC').describe('IANA zone, as in Europe/Berlin');
/** Date and time with a four-digit year, as every RFC 3339 parser accepts. */
const At = z.iso.datetime({ offset: true }).describe('RFC 3339 with Z or an offset');
const amount = z.number().int().min(-100_000).max(100_000).default(0);

const Local = z.object({
  utc: z.iso.datetime(),
  local: z.string().describe('Clock of the zone'),
  zone: z.string(),
  offset: z.string().describe('Ahead of UTC'),
  weekday: z.string(),
});

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

const EARLIEST = Date.parse('1000-01-02T00:00:00Z');
const LATEST = Date.parse('9999-12-30T00:00:00Z');

/** @throws {AppError} `invalid_input` beyond the years that can be written */
function checked(at: number): number {
  if (at >= EARLIEST && at <= LATEST) return at;
  throw new AppError('invalid_input', 'Only the years 1000 to 9999 are supported.', {
    issues: [{ path: 'parameters', message: 'results in a year outside 1000 to 9999' }],
  });
}

const describe = (at: number, clock: Clock, name: string) => ({
  utc: new Date(at).toISOString(),
  local: shown(clock(at)),
  zone: name,
  offset: offsetShown(clock, at),
  weekday: WEEKDAYS[new Date(clock(at)).getUTCDay()] ?? '',
});

const timeNow = defineTool({
  name: 'time_now',
  title: 'Current time',
  description: 'Returns the current date and time, in UTC and in a zone.',
  input: z.strictObject({ zone }),
  output: Local,
  annotations,
  examples: [{}, { zone: 'Europe/Berlin' }],
  async run({ zone: name }, { now }) {
    return { output: describe(now(), createZonedClock(name), name) };
  },
});

const convert = defineTool({
  name: 'time_convert',
  title: 'Convert a time',
  description: 'Returns the local time of a zone at an instant, with weekday and offset.',
  input: z.strictObject({ at: At, zone }),
  output: Local,
  annotations,
  examples: [{ at: '2027-03-28T00:30:00Z', zone: 'Europe/Berlin' }],
  async run({ at, zone: name }) {
    return { output: describe(checked(Date.parse(at)), createZonedClock(name), name) };
  },
});

const add = defineTool({
  name: 'time_add',
  title: 'Add to a time',
  description:
    "Adds a span, or subtracts a negative one. Years to days follow the zone's calendar and keep the hour, cut to the month's last day; hours to seconds are elapsed time.",
  input: z.strictObject({
    at: At,
    zone,
    years: amount,
    months: amount,
    weeks: amount,
    days: amount,
    hours: amount,
    minutes: amount,
    seconds: amount,
  }),
  output: Local,
  annotations,
  examples: [{ at: '2027-01-31T09:00:00+01:00', zone: 'Europe/Berlin', months: 1 }],
  async run({ at, zone: name, ...span }) {
    const clock = createZonedClock(name);
    return { output: describe(checked(later(checked(Date.parse(at)), span, clock)), clock, name) };
  },
});

const Count = z.number().int();

const between = defineTool({
  name: 'time_between',
  title: 'Time between two instants',
  description: 'Returns the difference between two instants, in seconds and in the calendar of a zone.',
  input: z.strictObject({ from: At, to: At, zone }),
  output: z.object({
    seconds_total: z.number().describe('Negative when `to` is before `from`'),
    direction: z.enum(['forward', 'backward', 'none']),
    span: z
      .object({ years: Count, months: Count, days: Count, hours: Count, minutes: Count, seconds: Count })
      .describe('From the earlier to the later one'),
  }),
  annotations,
  examples: [{ from: '2026-12-24T18:00:00+01:00', to: '2027-03-01T09:00:00+01:00', zone: 'Europe/Berlin' }],
  async run({ from, to, zone: name }) {
    const [start, end] = [checked(Date.parse(from)), checked(Date.parse(to))];
    const { weeks: _none, ...span } =
      start === end
        ? NO_TIME
        : spanBetween(Math.min(start, end), Math.max(start, end), createZonedClock(name));
    const direction = (['backward', 'none', 'forward'] as const)[Math.sign(end - start) + 1] ?? 'none';
    return { output: { seconds_total: (end - start) / 1000, direction, span } };
  },
});

export const timeTools: readonly Tool[] = [timeNow, convert, add, between];
