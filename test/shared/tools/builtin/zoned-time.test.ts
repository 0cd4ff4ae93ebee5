import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  createZonedClock,
  later,
  NO_TIME,
  offsetShown,
  shown,
  spanBetween,
} from '#shared/tools/builtin/zoned-time.ts';

const berlin = createZonedClock('Europe/Berlin');
const at = (time: string) => Date.parse(time);
const iso = (ms: number) => new Date(ms).toISOString();

describe('the clock of a zone', () => {
  it('shows summer and winter', () => {
    expect(shown(berlin(at('2027-03-28T00:59:59Z')))).toBe('2027-03-28T01:59:59');
    expect(shown(berlin(at('2027-03-28T01:00:00Z')))).toBe('2027-03-28T03:00:00');
    expect(offsetShown(berlin, at('2027-07-01T00:00:00Z'))).toBe('+02:00');
    expect(offsetShown(createZonedClock('America/St_Johns'), at('2027-01-01T00:00:00Z'))).toBe('-03:30');
    expect(offsetShown(berlin, at('1890-01-01T00:00:00Z'))).toBe('+00:53:28');
  });

  it.each([
    ['BST', 'Europe/London or Asia/Dhaka'],
    ['IST', 'Asia/Kolkata or Europe/Dublin or Asia/Jerusalem'],
    ['cst', 'America/Chicago or Asia/Shanghai'],
    ['CEST', 'Europe/Berlin'],
    ['Berlin', 'Europe/Berlin'],
    ['Europe/New York', 'America/New_York'],
  ])('is none for %s, which is no IANA zone, and the likely ones are suggested [T11]', (name, zones) => {
    expect(() => createZonedClock(name)).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        details: {
          issues: [{ path: 'parameters.zone', message: `must be an IANA zone; did you mean ${zones}?` }],
        },
      }),
    );
  });

  it.each([
    'EST',
    'MST',
    'GMT',
    'CET',
    'Zulu',
    'Japan',
    'EST5EDT',
    'Asia/Calcutta',
    '+05:30',
    'europe/berlin',
  ])('is there for %s, which IANA or RFC 3339 has', (name) => {
    expect(createZonedClock(name)(0)).toEqual(expect.any(Number));
  });

  it('is none where the zone is unknown', () => {
    expect(() => createZonedClock('Mars/Olympus')).toThrow('Unknown time zone.');
  });
});

describe('a span added to a time', () => {
  it.each([
    ['2027-01-31T09:00:00+01:00', { months: 1 }, '2027-02-28T08:00:00.000Z'],
    ['2028-02-29T12:00:00Z', { years: 1 }, '2029-02-28T12:00:00.000Z'],
    // the hour stays on the clock, through the change to summer time
    ['2027-03-27T12:00:00+01:00', { days: 1 }, '2027-03-28T10:00:00.000Z'],
    ['2027-03-27T12:00:00+01:00', { hours: 24 }, '2027-03-28T11:00:00.000Z'],
    // 02:30 does not exist on that day: 03:30 does
    ['2027-03-27T02:30:00+01:00', { days: 1 }, '2027-03-28T01:30:00.000Z'],
    // 02:30 exists twice: the first one
    ['2027-10-30T02:30:00+02:00', { days: 1 }, '2027-10-31T00:30:00.000Z'],
    ['2027-03-31T10:00:00+02:00', { months: -1 }, '2027-02-28T09:00:00.000Z'],
    ['2026-12-31T23:00:00Z', { weeks: 1, hours: -2, seconds: 5 }, '2027-01-07T21:00:05.000Z'],
  ])('%s and %j is %s', (from, span, result) => {
    expect(iso(later(at(from), { ...NO_TIME, ...span }, berlin))).toBe(result);
  });
});

describe('the span between two times', () => {
  it('leads from one to the other, in any zone', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
    const time = fc.integer({
      min: at('1980-01-01T00:00:00Z') / 1000,
      max: at('2080-01-01T00:00:00Z') / 1000,
    });
    fc.assert(
      fc.property(time, time, fc.constantFrom(...zones), (a, b, zone) => {
        const clock = createZonedClock(zone);
        const [from, to] = [Math.min(a, b) * 1000, Math.max(a, b) * 1000];
        const span = spanBetween(from, to, clock);
        expect(iso(later(from, span, clock))).toBe(iso(to));
        expect(span.months).toBeLessThan(12);
        expect(span.days).toBeLessThan(32);
        expect(Object.values(span).every((count) => count >= 0)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
