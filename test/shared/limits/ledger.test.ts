import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { budgetLimits, Budgets } from '#shared/limits/budgets.ts';
import { EMPTY, exhausted, type Ledger, rolled, type TokenBudget } from '#shared/limits/ledger.ts';
import { type Cost, createSpending, type Ending } from '#shared/limits/spending.ts';

import { memoryLedger } from './memory-ledger.ts';

const ownerId = 'u'.repeat(27) as OwnerId;
const START = Date.UTC(2026, 10, 22, 12);
const HOUR = 3_600_000;

type Periods = { calls?: number; micro_usd?: number };
type Served = { provider: string; microUsd: number | 'unknown' };

function stage(
  user: { day?: Periods; month?: Periods; per_provider?: Record<string, { day?: Periods }> },
  options: { unpriced?: 'allow' | 'refuse'; fate?: () => Promise<'made' | 'lost' | 'failed'> } = {},
) {
  let now = START;
  const { unpriced = 'allow', fate } = options;
  const budgets = Budgets.parse({ unpriced, user, auditor: {}, operator: {}, admin: {} });
  const memory = memoryLedger(fate);
  const told: string[] = [];
  let slowed = 0;
  const newInstance = () =>
    createSpending<Served>({
      store: memory.store,
      budgets,
      worstCaseOf: ({ inputBytes = 0 }) => (inputBytes === 0 ? 'unknown' : inputBytes),
      costOf: ({ provider, microUsd }): { provider: string; cost: Cost } => ({
        provider,
        cost: microUsd === 'unknown' ? microUsd : { costMicroUsd: microUsd, priceVersion: 'v' },
      }),
      slowDown: async () => {
        slowed += 1;
      },
      warn: (_caller, { gauge, percent }, day) => {
        told.push(`${day} ${gauge} ${percent}`);
        return [];
      },
      now: () => now,
    });
  let calls = 0;
  /** A call that sets `most` micro-USD aside. */
  const begin = async (
    spending: ReturnType<typeof newInstance>,
    most = 10,
    from: string | { token: TokenBudget } = 'openai',
  ) => {
    calls += 1;
    const [provider, token] = typeof from === 'string' ? [from] : ['openai', from.token];
    const deadline = deadlineIn(HOUR);
    const account = spending({ ownerId, roles: ['user'], token, requestId: `r${calls}`, deadline });
    await account.reserve({ provider, model: 'm', inputBytes: most }, memory.commit);
    return {
      end: (microUsd: number | 'unknown' = most, by = provider) =>
        account.settle({ served: { provider: by, microUsd } }, memory.commit),
      settle: (ending: Ending<Served>) => account.settle(ending, memory.commit),
    };
  };
  return {
    ...memory,
    newInstance,
    begin,
    told,
    slowed: () => slowed,
    pass: (ms: number) => {
      now += ms;
    },
    ledger: () => memory.ledgers.get(ownerId) as Ledger,
  };
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'admitted';
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
};

/** Each commit fares as the next of these tells; after the last one as usual. */
const fated = (...fates: ('made' | 'lost' | 'failed')[]) => ({ fate: async () => fates.shift() ?? 'made' });

describe('the ledger of an owner', () => {
  it('admits calls up to the limit, and no more while they are under way', async () => {
    const { newInstance, begin } = stage({ day: { micro_usd: 35 } });
    const spending = newInstance();
    const first = await begin(spending);
    await begin(spending);
    await begin(spending);
    expect(await codeOf(begin(spending))).toBe('budget_exceeded');
    await first.end(2);
    expect(await codeOf(begin(spending))).toBe('admitted');
    expect(await codeOf(begin(spending))).toBe('budget_exceeded');
  });

  it('costs one write a call in the usual case', async () => {
    const { newInstance, begin, writes } = stage({ day: { calls: 1000, micro_usd: 10_000 } });
    const spending = newInstance();
    await (await begin(spending)).end();
    const before = writes();
    for (let n = 0; n < 10; n += 1) await (await begin(spending)).end();
    expect(writes() - before).toBe(20);
  });

  it('rejects with the amounts spent and reserved and the time of the reset', async () => {
    const { newInstance, begin } = stage({ month: { micro_usd: 25 } });
    const spending = newInstance();
    await (await begin(spending)).end(5);
    await begin(spending);
    await expect(begin(spending, 15)).rejects.toMatchObject({
      code: 'budget_exceeded',
      details: {
        limit: { period: 'month', unit: 'micro_usd', limit: 25, spent: 5, open: 10, wanted: 15 },
        retry_after_seconds: 5,
      },
    });
    await expect(begin(spending, 30)).rejects.toMatchObject({
      details: { limit: { resets_at: '2026-12-01T00:00:00.000Z' }, retry_after_seconds: 8.5 * 86_400 },
    });
  });

  it('resets the day at midnight UTC and keeps the month', async () => {
    const { newInstance, begin, pass, ledger } = stage({ day: { calls: 2 }, month: { calls: 3 } });
    const spending = newInstance();
    await (await begin(spending)).end();
    pass(11.5 * HOUR);
    const late = await begin(spending);
    expect(await codeOf(begin(spending))).toBe('quota_exceeded');
    pass(HOUR);
    await (await begin(spending)).end();
    expect(await codeOf(begin(spending))).toBe('quota_exceeded'); // the month's
    await late.end(4); // charged to the day and month it began in
    expect(ledger().spent).toMatchObject({ 'day.calls': 1, 'month.calls': 3, 'month.microUsd': 24 });
    expect(ledger().used).toMatchObject({ 'day.calls': 1, 'month.calls': 3, 'month.microUsd': 24 });
    pass(9 * 24 * HOUR);
    expect(await codeOf(begin(spending))).toBe('admitted');
  });

  it('releases the reservation of a crashed caller one minute after its deadline', async () => {
    const { newInstance, begin, pass, ledger } = stage({ day: { micro_usd: 10 } });
    const spending = newInstance();
    const dead = await begin(spending);
    pass(HOUR + 59_000);
    expect(await codeOf(begin(spending))).toBe('budget_exceeded');
    pass(2000);
    const next = await begin(spending);
    await dead.end(7); // it comes back after all: what it says is no longer believed
    await next.end(3);
    expect(ledger().spent['day.microUsd']).toBe(3);
  });

  it('admits a call whose reservation was written and the answer lost, and reserves for it once', async () => {
    const { newInstance, begin, ledger } = stage({ day: { micro_usd: 15 } }, fated('made', 'lost'));
    const spending = newInstance();
    expect(await codeOf(begin(spending))).toBe('admitted');
    expect(ledger()).toMatchObject({ used: { 'day.calls': 1, 'day.microUsd': 10 } });
    expect(Object.keys(ledger().open)).toHaveLength(1);
  });

  it('writes nothing more for a settlement that was written and the answer lost', async () => {
    const { newInstance, begin, ledger, writes } = stage({}, fated('made', 'made', 'lost'));
    const call = await begin(newInstance());
    const before = writes();
    await call.end(4);
    expect(writes() - before).toBe(2); // the one that was lost, and one that is rejected
    expect(ledger()).toMatchObject({ open: {}, spent: { 'day.calls': 1, 'day.microUsd': 4 } });
  });

  it('charges a call whose settlement got no response seven times', async () => {
    const failures = Array.from({ length: 7 }, () => 'failed' as const);
    const { newInstance, begin, ledger } = stage({}, fated('made', 'made', ...failures));
    const call = await begin(newInstance());
    await call.end(4);
    expect(ledger()).toMatchObject({ open: {}, spent: { 'day.microUsd': 4 } });
  });

  it('charges the first settlement, also if it could not be written', async () => {
    const failures = Array.from({ length: 8 }, () => 'failed' as const);
    const { newInstance, begin, ledger } = stage({}, fated('made', 'made', ...failures));
    const call = await begin(newInstance());
    await expect(call.end(4)).rejects.toThrow('The store is down.');
    await call.settle({ error: new AppError('internal') });
    expect(ledger()).toMatchObject({ open: {}, spent: { 'day.microUsd': 4 } });
  });

  it('charges nothing for a call that was given up because its reservation got no answer', async () => {
    const fates: ('lost' | 'failed')[] = [];
    const { newInstance, begin, ledger, commit } = stage({}, { fate: async () => fates.shift() ?? 'made' });
    const spending = newInstance();
    await (await begin(spending)).end(1);
    const account = spending({ ownerId, roles: ['user'], requestId: 'r', deadline: deadlineIn(HOUR) });
    fates.push('lost', ...Array.from({ length: 8 }, () => 'failed' as const));
    const estimate = { provider: 'openai', model: 'm', inputBytes: 10 };
    await expect(account.reserve(estimate, commit)).rejects.toThrow('The store is down.');
    expect(Object.keys(ledger().open)).toEqual(['r']);
    await account.settle({ error: new AppError('internal') }, commit);
    expect(ledger()).toMatchObject({ open: {}, spent: { 'day.calls': 1, 'day.microUsd': 1 } });
  });

  it('never goes back to an earlier day, whatever an instance with a slow clock says', () => {
    const today = { ...EMPTY, day: '2026-11-22', used: { 'day.calls': 3 } };
    expect(rolled(today, '2026-11-21')).toBe(today);
    expect(rolled(today, '2026-10-30')).toBe(today);
    expect(rolled(today, '2026-11-23')).toMatchObject({ day: '2026-11-23', used: {} });
  });

  it('admits no call at a reached limit, not even one without a price', () => {
    const free = { provider: 'openai', calls: 1, microUsd: 0 };
    const ledger = { ...EMPTY, used: { 'day.microUsd': 10 }, spent: { 'day.microUsd': 10 } };
    expect(exhausted(ledger, free, { 'day.microUsd': 10 })).toMatchObject({ gauge: 'day.microUsd' });
    expect(exhausted(ledger, free, { 'day.microUsd': 11 })).toBeUndefined();
  });

  it('admits at most 100 concurrent calls', async () => {
    const { newInstance, begin, ledger } = stage({});
    const spending = newInstance();
    const calls = Array.from({ length: 105 }, () => codeOf(begin(spending)));
    const rejected = (await Promise.all(calls)).filter((code) => code === 'rate_limited');
    expect(rejected).toHaveLength(5);
    expect(Object.keys(ledger().open)).toHaveLength(100);
  });

  it.each([
    ['before the provider was asked', 'key_frozen', { calls: 0, microUsd: 0 }],
    ['because the provider rejected it', 'upstream_failed', { calls: 1, microUsd: 0 }],
    ['without a readable answer', 'upstream_malformed', { calls: 1, microUsd: 10 }],
    ['too late', 'upstream_timeout', { calls: 1, microUsd: 10 }],
  ] as const)(
    'charges a call that ended %s what it may have cost',
    async (_how, code, { calls, microUsd }) => {
      const { newInstance, begin, ledger } = stage({ day: { calls: 10 } });
      const call = await begin(newInstance());
      await call.settle({ error: new AppError(code) });
      expect(ledger().spent).toMatchObject({ 'day.calls': calls, 'day.microUsd': microUsd });
      expect(ledger().used).toEqual(ledger().spent);
    },
  );

  it('charges the first settlement once', async () => {
    const { newInstance, begin, ledger } = stage({ day: { calls: 10 } });
    const call = await begin(newInstance());
    await call.end(4);
    await call.settle({ error: new AppError('internal') });
    expect(ledger().spent).toMatchObject({ 'day.calls': 1, 'day.microUsd': 4 });
  });

  it('counts calls without a known price, whose money it cannot limit, or rejects them', async () => {
    const open = stage({ day: { calls: 2, micro_usd: 5 } });
    const spending = open.newInstance();
    expect(await (await open.begin(spending, 0)).end('unknown')).toEqual({ cost_micro_usd: 'unknown' });
    await (await open.begin(spending, 5)).end();
    expect(await codeOf(open.begin(spending, 0))).toBe('quota_exceeded');
    const closed = stage({}, { unpriced: 'refuse' });
    expect(await codeOf(closed.begin(closed.newInstance(), 0))).toBe('price_unknown');
  });

  it('charges the provider that served, with its own limit', async () => {
    const { newInstance, begin, ledger } = stage({ per_provider: { anthropic: { day: { calls: 1 } } } });
    const spending = newInstance();
    await (await begin(spending, 10, 'openai')).end(3, 'anthropic');
    expect(ledger().spent).toMatchObject({ 'day.calls': 1, 'day.calls.openai': 0, 'day.calls.anthropic': 1 });
    expect(await codeOf(begin(spending, 10, 'anthropic'))).toBe('quota_exceeded');
    expect(await codeOf(begin(spending, 10, 'openai'))).toBe('admitted');
  });

  it('warns once at 50, 80 and 95 % across instances, and reduces the rate after the last', async () => {
    const { newInstance, begin, told, slowed, pass } = stage({ day: { calls: 100 }, month: { calls: 1000 } });
    const instances = [newInstance(), newInstance(), newInstance()];
    for (let n = 0; n < 94; n += 1) await (await begin(instances[n % 3] as never)).end();
    expect(slowed()).toBe(0);
    for (let n = 0; n < 6; n += 1) await (await begin(instances[n % 3] as never)).end();
    expect(slowed()).toBeGreaterThanOrEqual(2);
    expect(told).toEqual(['2026-11-22 day.calls 50', '2026-11-22 day.calls 80', '2026-11-22 day.calls 95']);
    pass(12 * HOUR);
    for (let n = 0; n < 55; n += 1) await (await begin(instances[n % 3] as never)).end();
    expect(told.slice(3)).toEqual(['2026-11-23 day.calls 50']);
  });

  it('applies a lower budget of the owner at once, on instances that have not read it', async () => {
    const { newInstance, begin, store, commit, told } = stage({ day: { micro_usd: 1000 } });
    const spending = newInstance();
    await (await begin(spending)).end();
    await commit([store.setBudget(ownerId, { dayMicroUsd: 25 })]);
    await (await begin(spending)).end();
    expect(await codeOf(begin(spending))).toBe('budget_exceeded');
    expect(told).toEqual(['2026-11-22 day.microUsd 80']);
    await commit([store.setBudget(ownerId, { dayMicroUsd: 5000 })]); // no more than the stage allows
    expect(await codeOf(begin(spending, 981))).toBe('budget_exceeded');
    expect(await codeOf(begin(spending, 980))).toBe('admitted');
  });

  it('never exceeds the limit under concurrent calls and lost responses', async () => {
    const plan = fc.record({
      instance: fc.nat(2),
      most: fc.integer({ min: 1, max: 40 }),
      share: fc.integer({ min: 0, max: 100 }),
      dies: fc.boolean(),
      waitsMs: fc.constantFrom(0, 0, 0, 40 * 60_000, 7 * HOUR),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(plan, { maxLength: 14 }),
        fc.infiniteStream(fc.constantFrom('made', 'made', 'made', 'lost', 'failed')),
        async (scheduler, plans, fates) => {
          const fate = () =>
            scheduler.schedule(Promise.resolve((fates.next().value ?? 'made') as 'made' | 'lost' | 'failed'));
          const { newInstance, begin, pass, ledger } = stage({ day: { micro_usd: 100 } }, { fate });
          const instances = [newInstance(), newInstance(), newInstance()];
          const call = async ({ instance, most, share, dies, waitsMs }: (typeof plans)[number]) => {
            const begun = await begin(instances[instance] as never, most);
            pass(waitsMs);
            if (!dies) await begun.end(Math.floor((most * share) / 100));
          };
          const all = Promise.allSettled(plans.map(call));
          await scheduler.waitFor(all);
          if (plans.length === 0 || !ledger()) return;
          const { used, spent, open, day } = ledger();
          expect(used['day.microUsd'] ?? 0).toBeLessThanOrEqual(100);
          const held = Object.values(open).filter((hold) => hold.day === day);
          const sum = held.reduce((total, { microUsd }) => total + microUsd, 0);
          expect(used['day.microUsd'] ?? 0).toBe((spent['day.microUsd'] ?? 0) + sum);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the budgets of a stage', () => {
  const roles = { user: {}, auditor: {}, operator: {}, admin: {} };

  it('are those of the caller’s most generous role, lowered by the owner and never raised', () => {
    const budgets = Budgets.parse({
      ...roles,
      user: { day: { calls: 10, micro_usd: 500 } },
      operator: { day: { calls: 20, micro_usd: 100 } },
    });
    const limits = (own: object) =>
      budgetLimits(budgets, { roles: ['user', 'operator'], provider: 'openai' }, own);
    expect(limits({})).toEqual({ 'day.calls': 20, 'day.microUsd': 500 });
    expect(limits({ dayMicroUsd: 70, monthMicroUsd: 90 })).toEqual({
      'day.calls': 20,
      'day.microUsd': 70,
      'month.microUsd': 90,
    });
    expect(limits({ dayMicroUsd: 9000 })['day.microUsd']).toBe(500);
    expect(budgetLimits(budgets, { roles: ['user', 'admin'], provider: undefined })).toEqual({});
  });

  it.each([
    ['zero', { day: { calls: 0 } }],
    ['negative', { day: { micro_usd: -1 } }],
    ['huge', { month: { micro_usd: 1e15 } }],
    ['not whole', { day: { micro_usd: 1.5 } }],
    ['in dollars', { day: { usd: 5 } }],
    ['of an unknown period', { week: { calls: 5 } }],
  ])('are rejected when one is %s', (_kind, user) => {
    expect(Budgets.safeParse({ ...roles, user }).success).toBe(false);
  });
});

describe('the budget of a personal access token', () => {
  const token = { id: 'p_1', dayMicroUsd: 25 };

  it('admits calls up to its limit, reservations included, while its owner may go on', async () => {
    const { newInstance, begin, ledger } = stage({ day: { micro_usd: 1000 } });
    const spending = newInstance();
    const first = await begin(spending, 10, { token });
    await begin(spending, 10, { token });
    await expect(begin(spending, 10, { token })).rejects.toMatchObject({
      code: 'budget_exceeded',
      message: expect.stringContaining('of this personal access token'),
      details: { limit: { period: 'day', token_id: 'p_1', limit: 25, open: 20, wanted: 10 } },
    });
    expect(await codeOf(begin(spending))).toBe('admitted');
    await first.end(3);
    expect(await codeOf(begin(spending, 10, { token }))).toBe('admitted');
    expect(ledger().spent['day.microUsd.token:p_1']).toBe(3);
    expect(ledger().spent['day.microUsd']).toBe(3);
  });

  it('is its own: another token and the next day have theirs', async () => {
    const { newInstance, begin, pass, ledger } = stage({});
    const spending = newInstance();
    await (await begin(spending, 20, { token })).end(20);
    expect(await codeOf(begin(spending, 10, { token }))).toBe('budget_exceeded');
    expect(await codeOf(begin(spending, 10, { token: { ...token, id: 'p_2' } }))).toBe('admitted');
    pass(12 * HOUR);
    expect(await codeOf(begin(spending, 10, { token }))).toBe('admitted');
    expect(ledger().spent['month.microUsd.token:p_1']).toBe(20);
  });

  it('never admits more than the budget of its owner', async () => {
    const { newInstance, begin } = stage({ day: { micro_usd: 15 } });
    const spending = newInstance();
    await begin(spending, 10, { token });
    expect(await codeOf(begin(spending, 10, { token }))).toBe('budget_exceeded');
  });

  it('rejects a model without a known price, which it cannot bound', async () => {
    const { newInstance, begin } = stage({}, { unpriced: 'allow' });
    const spending = newInstance();
    expect(await codeOf(begin(spending, 0))).toBe('admitted');
    expect(await codeOf(begin(spending, 0, { token }))).toBe('price_unknown');
  });

  it('holds for two instances at once, one of which has not seen the token', async () => {
    const { newInstance, begin } = stage({});
    const [one, other] = [newInstance(), newInstance()];
    await begin(one, 1);
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, n) => codeOf(begin(n % 2 ? one : other, 10, { token }))),
    );
    expect(outcomes.filter((code) => code === 'admitted')).toHaveLength(2);
  });

  it('warns its owner by the token, once a threshold', async () => {
    const { newInstance, begin, told } = stage({});
    const spending = newInstance();
    await (await begin(spending, 13, { token })).end(13);
    await (await begin(spending, 1, { token })).end(1);
    expect(told).toEqual(['2026-11-22 day.microUsd.token:p_1 50']);
  });

  it('costs one write a call in the usual case', async () => {
    const { newInstance, begin, writes } = stage({});
    const spending = newInstance();
    const wide = { ...token, dayMicroUsd: 10_000 };
    await (await begin(spending, 1, { token: wide })).end();
    const before = writes();
    for (let n = 0; n < 10; n += 1) await (await begin(spending, 1, { token: wide })).end();
    expect(writes() - before).toBe(20);
  });
});
