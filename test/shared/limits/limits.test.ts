import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import { createLimits } from '#shared/limits/limits.ts';
import type { Rates } from '#shared/limits/rates.ts';

const rates = (per_minute: number): Rates => {
  const rate = { per_minute, burst: 1 };
  return { user: rate, auditor: rate, operator: rate, admin: rate };
};

function given() {
  const state = { stored: undefined as Rates | undefined, down: false, reads: 0, ms: 1_000_000 };
  const limits = createLimits({
    store: {
      async read() {
        state.reads += 1;
        if (state.down) throw new AppError('unavailable');
        return state.stored && { version: 1, rates: state.stored, changedAt: '', changedBy: 'u' };
      },
      replace: () => ({ item: undefined, rejected: () => new AppError('conflict') }),
    },
    deployed: () => rates(10),
    now: () => state.ms,
  });
  return { state, limits };
}

describe('the limits in force', () => {
  it('are those that were deployed, until others are stored', async () => {
    const { state, limits } = given();
    expect(await limits.current()).toEqual(rates(10));
    state.stored = rates(20);
    state.ms += 10_000;
    expect(await limits.current()).toEqual(rates(20));
  });

  it('are read again after ten seconds, and not before', async () => {
    const { state, limits } = given();
    await limits.current();
    state.stored = rates(20);
    state.ms += 9999;
    expect(await limits.current()).toEqual(rates(10));
    expect(state.reads).toBe(1);
    state.ms += 1;
    expect(await limits.current()).toEqual(rates(20));
  });

  it('are read again when the clock goes back', async () => {
    const { state, limits } = given();
    await limits.current();
    state.stored = rates(20);
    state.ms -= 1;
    expect(await limits.current()).toEqual(rates(20));
  });

  it('admit no call while they cannot be read, even after an earlier read', async () => {
    const { state, limits } = given();
    state.down = true;
    await expect(limits.current()).rejects.toMatchObject({ code: 'unavailable' });
    state.down = false;
    await limits.current();
    state.down = true;
    state.ms += 10_000;
    await expect(limits.current()).rejects.toMatchObject({ code: 'unavailable' });
  });
});
