// Dates and clocks of time zones on Intl alone: Node 24 has no Temporal, and a library would weigh more than all the tools.
import { AppError } from '#shared/core/errors.ts';

import { isAbbreviation, suggestedZones } from './zone-names.ts';

const SECOND_MS = 1000;
const DAY_MS = 24 * 3600 * SECOND_MS;

/** The wall clock of a zone at an instant, told as if it were UTC, in milliseconds. */
export type Clock = (at: number) => number;

/** @throws {AppError} `invalid_input` where no zone has that name */
export function createZonedClock(zone: string): Clock {
  // The first formatter of a process loads locale data for 20 ms; the default zone needs none.
  if (zone === 'UTC') return (at) => at;
  const format = zonedFormat(zone);
  return (at) => {
    const whole = Math.floor(at / SECOND_MS) * SECOND_MS;
    return Date.parse(`${format.format(whole).replace(' ', 'T')}Z`) + (at - whole);
  };
}

function unknownZone(name: string): AppError {
  const zones = suggestedZones(name);
  const meant = zones.length > 0 ? `; did you mean ${zones.join(' or ')}?` : ', as in Europe/Berlin';
  return new AppError('invalid_input', 'Unknown time zone.', {
    issues: [{ path: 'parameters.zone', message: `must be an IANA zone${meant}` }],
  });
}

function zonedFormat(timeZone: string): Intl.DateTimeFormat {
  if (isAbbreviation(timeZone)) throw unknownZone(timeZone);
  try {
    return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  } catch {
    throw unknownZone(timeZone);
  }
}

/** As a zone's clock shows it, e.g. `2026-11-22T09:30:00`. */
export const shown = (wall: number): string =>
  new Date(wall).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length);

/** Offset of a clock from UTC, e.g. `+05:30`; with seconds where an old zone had them. */
export function offsetShown(clock: Clock, at: number): string {
  const ahead = Math.round((clock(at) - at) / SECOND_MS);
  const text = new Date(Math.abs(ahead) * SECOND_MS).toISOString().slice(11, 19);
  return `${ahead < 0 ? '-' : '+'}${text.endsWith(':00') ? text.slice(0, 5) : text}`;
}

/**
 * Instant at which a clock shows this time. Shown twice, as in autumn: the first one. Never, as in spring: as long after
 * the leap as it would have been after its beginning.
 */
function instantOf(wall: number, clock: Clock): number {
  const [before, after] = [wall - DAY_MS, wall + DAY_MS].map((near) => clock(near) - near) as [
    number,
    number,
  ];
  const hits = [wall - before, wall - after].filter((at) => clock(at) === wall);
  return hits.length > 0 ? Math.min(...hits) : wall - before;
}

export type Span = {
  readonly years: number;
  readonly months: number;
  readonly weeks: number;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
};
export const NO_TIME: Span = { years: 0, months: 0, weeks: 0, days: 0, hours: 0, minutes: 0, seconds: 0 };

/** The 31st of a month that has none is its last day. */
function addMonths(wall: number, months: number): number {
  const date = new Date(wall);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  return date.setUTCDate(Math.min(day, last));
}

/** Years to days are steps in the zone's calendar and keep the hour; hours to seconds are time that passes. */
export function later(at: number, span: Span, clock: Clock): number {
  const months = span.years * 12 + span.months;
  const days = span.weeks * 7 + span.days;
  const passed = (span.hours * 3600 + span.minutes * 60 + span.seconds) * SECOND_MS;
  if (months === 0 && days === 0) return at + passed;
  return instantOf(addMonths(clock(at), months) + days * DAY_MS, clock) + passed;
}

/** Span to add to `from` to arrive at `to`, which is not before it. */
export function spanBetween(from: number, to: number, clock: Clock): Span {
  /** The most of one unit that does not go beyond. @param most never too little */
  const fill = (span: Span, unit: 'months' | 'days', most: number): Span => {
    for (let count = most; count > 0; count -= 1) {
      const longer = { ...span, [unit]: count };
      if (later(from, longer, clock) <= to) return longer;
    }
    return span;
  };
  const [start, end] = [new Date(clock(from)), new Date(clock(to))];
  const years = end.getUTCFullYear() - start.getUTCFullYear();
  const months = fill(NO_TIME, 'months', years * 12 + end.getUTCMonth() - start.getUTCMonth());
  const days = fill(months, 'days', Math.ceil((to - later(from, months, clock)) / DAY_MS) + 1);
  const seconds = Math.floor((to - later(from, days, clock)) / SECOND_MS);
  return {
    ...days,
    years: Math.floor(days.months / 12),
    months: days.months % 12,
    hours: Math.floor(seconds / 3600),
    minutes: Math.floor((seconds % 3600) / 60),
    seconds: seconds % 60,
  };
}
