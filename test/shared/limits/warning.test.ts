import { expect, it } from 'vitest';

import { warningDraft } from '#shared/limits/warning.ts';

const warning = (changes: object = {}) => ({
  gauge: 'day.microUsd',
  percent: 80,
  limit: 1_000_000,
  spent: 800_000,
  ...changes,
});

it('a warning grows with the share that is used', () => {
  const severities = [50, 80, 95].map((percent) => warningDraft(warning({ percent }), '2026-11-22').severity);
  expect(severities).toEqual(['info', 'warning', 'critical']);
});

const of = (changes: object, day = '2026-11-22') => {
  const { subject, dedupeKey } = warningDraft(warning(changes), day);
  return `${subject} ${dedupeKey}`;
};

it('a warning is another one for another share, limit or period, and the same on a day of the same month', () => {
  const all = [
    of({}),
    of({ percent: 95 }),
    of({ limit: 2_000_000 }),
    of({}, '2026-11-23'),
    of({ gauge: 'day.calls' }),
    of({ gauge: 'month.microUsd' }),
    of({ gauge: 'day.microUsd.openai' }),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(of({ spent: 900_000 })).toBe(of({}));
  expect(of({ gauge: 'month.microUsd' }, '2026-11-30')).toBe(of({ gauge: 'month.microUsd' }));
});
