import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import { createAdmit } from '#shared/limits/gcra.ts';
import { narrowRateOf, quarterOf, rateOf, Rates } from '#shared/limits/rates.ts';

import { memoryRates } from './memory-rates.ts';

function limited() {
  let now = 1_000_000_000;
  const admit = createAdmit({ store: memoryRates(), now: () => now });
  const limit = { perMinute: 60, burst: 20 };
  const isAdmitted = async (name = 'alice') => {
    try {
      await admit(name, limit, { scope: 'owner' });
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'rate_limited') return false;
      throw error;
    }
  };
  const count = async (calls: number) => {
    let admitted = 0;
    for (let n = 0; n < calls; n += 1) admitted += Number(await isAdmitted());
    return admitted;
  };
  const pass = (seconds: number) => {
    now += seconds * 1_000_000;
  };
  return { admit, limit, isAdmitted, count, pass };
}

describe('a rate limit of 60 a minute, 20 at once', () => {
  it('admits the burst and no more, then one a second', async () => {
    const { count, pass } = limited();
    expect(await count(100)).toBe(20);
    pass(5);
    expect(await count(100)).toBe(5);
  });

  it('admits no more than the burst after an idle day', async () => {
    const { count, pass } = limited();
    await count(1);
    pass(24 * 3600);
    expect(await count(1000)).toBe(20);
  });

  it('admits every call at or below the configured rate', async () => {
    const { isAdmitted, pass } = limited();
    for (let n = 0; n < 500; n += 1) {
      expect(await isAdmitted()).toBe(true);
      pass(1);
    }
  });

  it('says how long to wait, and the wait suffices', async () => {
    const { admit, limit, isAdmitted, count, pass } = limited();
    await count(20);
    const error = await admit('alice', limit, { scope: 'owner' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'rate_limited',
      details: { scope: 'owner', retry_after_seconds: 1, limit: { per_minute: 60, burst: 20 } },
    });
    pass(1);
    expect(await isAdmitted()).toBe(true);
  });

  it('never admits more than burst + rate × time, for any sequence of pauses', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 7 }), { maxLength: 80 }), async (pauses) => {
        const { isAdmitted, pass } = limited();
        let elapsed = 0;
        let admitted = 0;
        for (const pause of pauses) {
          admitted += Number(await isAdmitted()) + Number(await isAdmitted());
          expect(admitted).toBeLessThanOrEqual(20 + elapsed);
          pass(pause);
          elapsed += pause;
        }
      }),
    );
  });

  it('starts a new count when it is changed, so that a faster limit applies at once', async () => {
    const { admit } = limited();
    const slow = { perMinute: 1, burst: 1 };
    await admit('alice', slow, { scope: 'owner' });
    await expect(admit('alice', slow, { scope: 'owner' })).rejects.toMatchObject({ code: 'rate_limited' });
    await admit('alice', { perMinute: 60, burst: 1 }, { scope: 'owner' });
    await expect(admit('alice', slow, { scope: 'owner' })).rejects.toMatchObject({
      details: { retry_after_seconds: 60 },
    });
  });

  it('is counted for each caller alone', async () => {
    const { count, isAdmitted } = limited();
    await count(50);
    expect(await isAdmitted('bob')).toBe(true);
  });
});

const rate = (per_minute: number) => ({ per_minute, burst: 10 });

describe('the limits of a stage', () => {
  const given = { user: rate(60), auditor: rate(30), operator: rate(90), admin: rate(120) };

  it('are those of the caller’s most generous role', () => {
    expect(rateOf(Rates.parse(given), ['auditor', 'operator'])).toEqual({ perMinute: 90, burst: 10 });
  });

  it.each([
    [600, 200, 150, 50],
    [7, 5, 1, 1],
    [1, 1, 1, 1],
  ])(
    'near a budget are a quarter of %s a minute, %s at once, and never none',
    (perMinute, burst, slow, few) => {
      expect(quarterOf({ perMinute, burst })).toEqual({ perMinute: slow, burst: few });
    },
  );

  it('for one tool or provider hold where every role of the caller has one', () => {
    const rates = Rates.parse({
      ...given,
      user: { ...rate(60), tools: { ai_chat: rate(5) }, providers: { openai: rate(7) } },
      admin: { ...rate(120), tools: { ai_chat: rate(50) } },
    });
    expect(narrowRateOf(rates, ['user'], ['tools', 'ai_chat'])).toEqual({ perMinute: 5, burst: 10 });
    expect(narrowRateOf(rates, ['user', 'admin'], ['tools', 'ai_chat'])).toMatchObject({ perMinute: 50 });
    expect(narrowRateOf(rates, ['user', 'admin'], ['providers', 'openai'])).toBeUndefined();
    expect(narrowRateOf(rates, ['user'], ['tools', 'toString'])).toBeUndefined();
  });

  it.each([
    ['zero', { ...given, user: rate(0) }],
    ['negative', { ...given, user: rate(-1) }],
    ['huge', { ...given, user: rate(1e12) }],
    ['not a number', { ...given, user: { per_minute: '60', burst: 1 } }],
    ['missing for a role', { user: rate(60) }],
    ['a fraction', { ...given, user: rate(0.5) }],
    ['zero for a tool', { ...given, user: { ...rate(60), tools: { ai_chat: rate(0) } } }],
    ['for a role nobody knows', { ...given, root: rate(60) }],
    ['of an unknown kind', { ...given, user: { ...rate(60), per_hour: 1 } }],
  ])('are rejected when one is %s', (_kind, rates) => {
    expect(Rates.safeParse(rates).success).toBe(false);
  });
});
