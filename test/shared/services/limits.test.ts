// Use cases of limits: admission by rate, the limits in force, and the caller's own usage.
import { describe, expect, it } from 'vitest';

import { deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import { LimitsBody } from '#shared/limits/api.ts';
import { Budgets } from '#shared/limits/budgets.ts';
import { createAdmit } from '#shared/limits/gcra.ts';
import { EMPTY } from '#shared/limits/ledger.ts';
import type { StoredLimits } from '#shared/limits/limits.ts';
import { Rates } from '#shared/limits/rates.ts';
import { createAdmission } from '#shared/services/admission.ts';
import { checkLimitNames, createChangeLimits, createShowLimits } from '#shared/services/limits.ts';
import { createOwnUsage } from '#shared/services/own-usage.ts';
import { memoryRates } from '#test/shared/limits/memory-rates.ts';
import { principalNamed } from '#test/support/callers.ts';
import { type RoleRate, sameRateForAllRoles } from '#test/support/rates.ts';

const NOW = Date.UTC(2026, 10, 28, 12);
const alice = principalNamed('alice');
const bob = principalNamed('bob');
const deadline = deadlineIn(1000, () => NOW);
const nearLimit = { ...alice, requestId: 'r1', deadline };

const ratesFor = (rate: Partial<RoleRate> = {}) =>
  Rates.parse(sameRateForAllRoles({ per_minute: 60, burst: 4, ...rate }));

/** Rates in memory, at a moment that does not pass. */
function admission(rate: Partial<RoleRate> = {}) {
  const steps: string[] = [];
  const pacing = {
    attach: (owner: string, { row }: { row: string }) => void steps.push(`attach ${owner} ${row}`),
    async admit(owner: string, provider: string) {
      steps.push(`pace ${owner} ${provider}`);
    },
  };
  const admit = createAdmit({ store: memoryRates(), now: () => NOW * 1000 });
  return { steps, ...createAdmission({ admit, pacing, rates: async () => ratesFor(rate) }) };
}

const attempts = async (count: number, work: () => Promise<void>) => {
  const outcomes = await Promise.allSettled(Array.from({ length: count }, work));
  const errors = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as AppError] : []));
  return { admitted: count - errors.length, errors };
};

describe('admission', () => {
  it("admits a call within the owner's burst, and gives the rate row to the pacing of providers", async () => {
    const { admitCall, steps } = admission();
    const { admitted, errors } = await attempts(6, () => admitCall(alice, 'todo_list'));
    expect(admitted).toBe(4);
    expect(errors[0]).toMatchObject({ code: 'rate_limited', details: { scope: 'owner' } });
    expect(steps).toEqual(Array(4).fill(`attach ${alice.ownerId} ${alice.ownerId}#60/4`));
  });

  it("does not take from the owner's limit for a call that the limit of its tool rejects", async () => {
    const { admitCall } = admission({ tools: { ai_chat: { per_minute: 60, burst: 1 } } });
    const { errors } = await attempts(10, () => admitCall(alice, 'ai_chat'));
    expect(errors).toHaveLength(9);
    expect(errors[0]).toMatchObject({ details: { scope: 'tool', tool: 'ai_chat' } });
    expect((await attempts(6, () => admitCall(alice, 'todo_list'))).admitted).toBe(3);
  });

  it('counts each owner apart', async () => {
    const { admitCall } = admission({ tools: { ai_chat: { per_minute: 60, burst: 1 } } });
    await admitCall(alice, 'ai_chat');
    await expect(admitCall(bob, 'ai_chat')).resolves.toBeUndefined();
  });

  it('of a provider is paced first, and counted only where the provider has a limit', async () => {
    const { admitProvider, steps } = admission({ providers: { openai: { per_minute: 60, burst: 2 } } });
    const limited = await attempts(3, () => admitProvider(alice, 'openai', deadline));
    expect(limited.admitted).toBe(2);
    expect(limited.errors[0]).toMatchObject({ details: { scope: 'provider', provider: 'openai' } });
    expect((await attempts(9, () => admitProvider(alice, 'anthropic', deadline))).admitted).toBe(9);
    expect(steps.filter((step) => step.endsWith('openai'))).toHaveLength(3);
  });

  it('of a caller close to a limit is a quarter of the rate, counted apart from the rate itself', async () => {
    const { slowDown, admitCall } = admission({ burst: 8 });
    expect((await attempts(9, () => slowDown(nearLimit))).admitted).toBe(2);
    expect((await attempts(9, () => admitCall(alice, 'todo_list'))).admitted).toBe(8);
    const slowest = admission({ per_minute: 1, burst: 1 });
    await slowest.slowDown(nearLimit);
    await expect(slowest.admitCall(alice, 'todo_list')).resolves.toBeUndefined();
  });
});

const showLimits = (stored?: StoredLimits) =>
  createShowLimits({ stored: async () => stored, deployed: () => ratesFor({ burst: 9 }) })();

describe('the limits in force', () => {
  it('are those of the deployed stage until an admin sets others', async () => {
    expect(await showLimits()).toMatchObject({ version: 0, source: 'deployed', changed_at: null });
    expect((await showLimits()).limits.user.burst).toBe(9);
  });

  it('are those that an admin stored, with version and time, and without the name of the admin', async () => {
    const changedAt = '2026-11-28T12:00:00.000Z';
    const shown = await showLimits({ version: 3, rates: ratesFor(), changedAt, changedBy: 'U_admin' });
    expect(shown).toMatchObject({ version: 3, source: 'stored', changed_at: changedAt });
    expect(shown.limits.user.burst).toBe(4);
    expect(JSON.stringify(shown)).not.toContain('U_admin');
  });
});

const changeLimits = (limits: object, version = 2) =>
  createChangeLimits({
    store: { replace: (next) => ({ item: next, rejected: () => new AppError('conflict') }) },
    now: () => NOW,
  })(alice, LimitsBody.parse({ version, limits }));

describe('a change of the limits', () => {
  it('replaces the version that was read by the next one', () => {
    const { writes, version, body } = changeLimits(ratesFor());
    expect(version).toBe(3);
    expect(writes.map(({ item }) => item)).toEqual([
      { version: 3, rates: ratesFor(), changedAt: '2026-11-28T12:00:00.000Z', changedBy: alice.ownerId },
    ]);
    expect(body).toMatchObject({ version: 3, limits: ratesFor(), in_force_within_seconds: 10 });
  });

  it.each([
    ['an unknown provider', { providers: { opneai: { per_minute: 1, burst: 1 } } }, 'user.providers.opneai'],
    ['an unknown tool', { tools: { ai_caht: { per_minute: 1, burst: 1 } } }, 'user.tools.ai_caht'],
    ['the name of a tool as a provider', { providers: { ai_chat: { per_minute: 1, burst: 1 } } }, 'ai_chat'],
  ])('to limits for %s is rejected by the path of the name', (_name, rate, path) => {
    expect(() => changeLimits(ratesFor(rate))).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        details: {
          issues: expect.arrayContaining([expect.objectContaining({ path: expect.stringContaining(path) })]),
        },
      }),
    );
  });

  it('may name built-in tools, providers, and registered tools and their providers that do not exist yet', () => {
    const one = { per_minute: 1, burst: 1 };
    const rates = ratesFor({
      tools: { ai_chat: one, crm__find: one },
      providers: { openai: one, 'x-crm': one },
    });
    expect(() => checkLimitNames(rates)).not.toThrow();
  });
});

describe("the caller's own usage", () => {
  const limited = { day: { calls: 10, micro_usd: 5_000_000 }, month: { micro_usd: 50_000_000 } };
  const budgets = Budgets.parse({ user: limited, auditor: limited, operator: limited, admin: limited });
  const ledger = {
    ...EMPTY,
    day: '2026-11-28',
    used: { 'day.calls': 3, 'month.calls': 3 },
    spent: { 'day.calls': 2, 'month.calls': 2 },
  };
  const usage = (caller = alice) =>
    createOwnUsage({
      ledgers: { find: async (ownerId) => (ownerId === alice.ownerId ? ledger : undefined) },
      budgets,
      now: () => NOW,
    })(caller);

  it('is that of the caller, against the limits of their role', async () => {
    expect((await usage()).day.calls).toEqual({ spent: 2, open: 1, limit: 10, left: 7 });
    expect((await usage(bob)).day.calls).toEqual({ spent: 0, open: 0, limit: 10, left: 10 });
  });

  it('names the version of the price table that costs are computed by', async () => {
    expect(await usage()).toMatchObject({ price_version: expect.stringMatching(/^\d{4}-\d{2}-\d{2}/) });
  });

  it('contains the budget of a personal access token only if the call was made with one', async () => {
    expect(await usage()).not.toHaveProperty('token_budget');
    const withBudget = { ...alice, sessionId: 'p_one', budget: { dayMicroUsd: 1_000_000 } };
    expect(await usage(withBudget)).toMatchObject({
      token_budget: { day: { limit: 1_000_000 }, month: { limit: null } },
    });
  });
});
