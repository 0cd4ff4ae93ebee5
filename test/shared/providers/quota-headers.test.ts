import { describe, expect, it } from 'vitest';

import { paceIn, retryAfterMs } from '#shared/providers/quota-headers.ts';

const now = Date.parse('2026-11-23T10:00:00Z');
const date = 'Mon, 23 Nov 2026 10:00:00 GMT';

const openai = (remaining: number | string, reset: string, kind = 'requests') => ({
  [`x-ratelimit-limit-${kind}`]: '1000',
  [`x-ratelimit-remaining-${kind}`]: String(remaining),
  [`x-ratelimit-reset-${kind}`]: reset,
});
const anthropic = (remaining: number | string, reset: string, kind = 'requests') => ({
  [`anthropic-ratelimit-${kind}-limit`]: '1000',
  [`anthropic-ratelimit-${kind}-remaining`]: String(remaining),
  [`anthropic-ratelimit-${kind}-reset`]: reset,
});
const paceOf = (headers: Record<string, string>, busy = false) => paceIn(headers, { now, busy });

describe('what a provider says of the quota that is left', () => {
  it.each([
    ['nothing', {}],
    ['plenty', openai(100, '6s')],
    ['plenty, in Anthropic’s words', anthropic(999, '2026-11-23T10:00:01Z')],
    ['no limit at all', { ...openai(-1, '0'), 'x-ratelimit-limit-requests': '-1' }],
    ['a limit of zero', { ...openai(0, '6s'), 'x-ratelimit-limit-requests': '0' }],
    ['nonsense', openai('many', 'soon')],
    ['a reset without a unit', openai(0, '60')],
    ['a reset with a foreign unit', openai(0, '1d')],
  ])('%s slows nobody', (_kind, headers) => {
    expect(paceOf(headers)).toBeUndefined();
  });

  it.each([
    ['60s', 6000],
    ['1m0s', 6000],
    ['1m0.5s', 6050],
    ['20ms', 2],
    ['1h', 300_000],
    ['24h0m0s', 300_000],
  ])('an empty bucket, full in %s, holds until a tenth is back, five minutes at most', (reset, ms) => {
    expect(paceOf(openai(0, reset))).toEqual({ left: 0, until: now + ms });
  });

  it('a low one slows the less the more there is left', () => {
    const waits = [0, 25, 50, 99].map((left) => (paceOf(openai(left, '60s'))?.until ?? 0) - now);
    expect(waits).toEqual(waits.toSorted((a, b) => b - a));
    expect(waits.at(-1)).toBeLessThan(100);
  });

  it('dates are read by the clock of who wrote them', () => {
    const late = { date: 'Mon, 23 Nov 2026 09:00:00 GMT' };
    const headers = anthropic(0, '2026-11-23T09:01:00Z');
    expect(paceOf({ ...headers, ...late })).toEqual({ left: 0, until: now + 6000 });
    expect(paceOf(anthropic(0, '2026-11-23T10:01:00Z'))).toEqual({ left: 0, until: now + 6000 });
    expect(paceOf(anthropic(0, '2026-11-23T09:00:00Z'))).toEqual({ left: 0, until: now });
  });

  it('the tightest bucket counts', () => {
    expect(paceOf({ ...openai(500, '1s'), ...openai(0, '10s', 'tokens') })).toMatchObject({ left: 0 });
    expect(paceOf(anthropic(0, '2026-11-23T10:00:10Z', 'output-tokens'))).toMatchObject({ left: 0 });
  });
});

describe('a provider’s 429', () => {
  it.each([
    ['seconds', '7', 7000],
    ['a date', 'Mon, 23 Nov 2026 10:00:30 GMT', 30_000],
    ['a billion seconds', '1000000000', 300_000],
    ['zero', '0', undefined],
    ['negative', '-5', undefined],
    ['a date gone by', 'Mon, 23 Nov 2026 09:00:00 GMT', undefined],
    ['words', 'a minute', undefined],
    ['nothing', '', undefined],
    ['a number no number can hold', '9'.repeat(400), undefined],
  ])('with Retry-After as %s holds for so long', (_kind, text, ms) => {
    expect(retryAfterMs({ 'retry-after': text, date })).toBe(ms);
    const pace = paceOf({ 'retry-after': text, date }, true);
    expect(pace).toEqual({ left: 0, until: now + (ms ?? 2000) });
  });

  it('without one holds as its buckets say', () => {
    expect(paceOf(openai(0, '60s'), true)).toEqual({ left: 0, until: now + 6000 });
  });
});
