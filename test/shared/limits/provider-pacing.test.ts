import { describe, expect, it } from 'vitest';

import { createProviderPacing, type Pace } from '#shared/limits/provider-pacing.ts';

const NOW = 1_800_000_000_000;

function given() {
  const waits: number[] = [];
  const published: Pace[] = [];
  const state = { now: NOW, random: 0.999, isDown: false };
  const pacing = createProviderPacing({
    store: {
      async publish(_row, _provider, pace) {
        if (state.isDown) throw new Error('The store is down.');
        published.push(pace);
      },
      read: (beside, provider) => beside[provider] as Pace | undefined,
    },
    now: () => state.now,
    random: () => state.random,
    pause: async (ms) => void waits.push(ms),
  });
  const admit = (remainingMs = 60_000) =>
    pacing.admit('alice', 'openai', {
      signal: AbortSignal.abort(),
      remainingMs: () => remainingMs,
    });
  const observe = (left: number, forMs: number) =>
    pacing.observe('alice', 'openai', { left, until: state.now + forMs });
  const attach = (beside: object = {}) => pacing.attach('alice', { row: 'row', beside: { ...beside } });
  return { waits, published, state, pacing, admit, observe, attach };
}

describe('pacing ahead of a provider’s own limit', () => {
  it('delays no call without an observed quota', async () => {
    const { admit, waits, pacing } = given();
    await admit();
    expect(waits).toEqual([]);
    expect(pacing.isLow('alice', 'openai')).toBe(false);
  });

  it('never delays a call for more than two seconds', async () => {
    const { admit, waits, observe } = given();
    await observe(0.05, 100_000);
    await admit();
    expect(waits).toEqual([2000]);
  });

  it('never takes more than a quarter of the time that a call has left', async () => {
    const { admit, waits, observe } = given();
    await observe(0.05, 100_000);
    await admit(1000);
    expect(waits).toEqual([250]);
  });

  it('rejects a call whose quota is exhausted for longer than the maximum delay, with the time to wait', async () => {
    const { admit, waits, observe } = given();
    await observe(0, 2001);
    await expect(admit()).rejects.toMatchObject({
      code: 'rate_limited',
      details: { reason: 'provider_quota', retry_after_seconds: 3 },
    });
    expect(waits).toEqual([]);
  });

  it('waits until a used-up quota is back where that is soon, and then spreads the calls', async () => {
    const { admit, waits, observe, state } = given();
    await observe(0, 1000);
    await admit();
    state.random = 0;
    await admit();
    expect(waits[0]).toBeGreaterThan(1200);
    expect(waits[0]).toBeLessThan(1250);
    expect(waits[1]).toBe(1000);
  });

  it('drops an observed quota when it expires, and when the provider reports enough', async () => {
    const { admit, waits, observe, pacing, state } = given();
    await observe(0.05, 1000);
    state.now += 1000;
    await admit();
    await observe(0.05, 1000);
    await pacing.observe('alice', 'openai', undefined);
    await admit();
    expect(waits).toEqual([]);
  });

  it('concerns one owner and one provider', async () => {
    const { observe, pacing } = given();
    await observe(0, 100_000);
    const isLow = [
      ['alice', 'openai'],
      ['alice', 'google'],
      ['bob', 'openai'],
    ].map(([owner = '', provider = '']) => pacing.isLow(owner, provider));
    expect(isLow).toEqual([true, false, false]);
  });

  it('follows the tighter of what it saw itself and what others published', async () => {
    const { admit, waits, observe, attach } = given();
    attach({ openai: { left: 0, until: NOW + 1000 } });
    await observe(0.05, 100_000);
    await admit();
    expect(waits[0]).toBeLessThan(1250);
  });

  it('publishes once, again when it gets much tighter, and each time that nothing is left', async () => {
    const { observe, attach, published } = given();
    await observe(0.08, 1000); // of an owner whose row is not known yet
    attach();
    for (const left of [0.08, 0.07, 0.05, 0, 0]) await observe(left, 1000);
    expect(published.map(({ left }) => left)).toEqual([0.08, 0.05, 0, 0]);
  });

  it('continues when publishing fails', async () => {
    const { observe, attach, state, pacing } = given();
    attach();
    state.isDown = true;
    await observe(0, 1000);
    expect(pacing.isLow('alice', 'openai')).toBe(true);
  });
});
