import { expect, it } from 'vitest';

import { withBudget } from '#test/support/budgets.ts';
import { canaryKey, providerChats, type Person, say } from '#test/support/portunus.ts';
import { deleteAccountClosures } from '#test/support/account-closures.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

onEngine('an owner’s preferences', () => {
  const stageBudget = { day: { micro_usd: 20_000_000 }, month: { micro_usd: 50_000_000 } };
  const portunus = usePortunus({ mutate: withBudget(stageBudget, 'refuse') });

  const owner = async (name: string, ...providers: ('openai' | 'anthropic')[]): Promise<Person> => {
    const person = await portunus.current.person(name);
    for (const provider of providers) {
      await person.post('/api-keys', { provider, api_key: canaryKey(provider) });
    }
    return person;
  };
  const modelAsked = () => JSON.parse(providerChats(portunus.current).at(-1)?.body ?? '{}').model as string;

  it('are empty at first, and what was set replaces what was there', async () => {
    const alice = await owner('alice');
    const empty = {
      version: 0,
      default_provider: null,
      default_models: {},
      default_policy: 'preferred',
      failover: { allowed: false, providers: [] },
      budget: { currency: 'USD', day_usd: null, month_usd: null },
      updated_at: null,
    };
    expect((await alice.get('/preferences')).body).toEqual(empty);
    const budget = { currency: 'USD', day_usd: '5.00', month_usd: '20.5' };
    const set = await alice.put('/preferences', { default_provider: 'anthropic', budget });
    expect(set.status).toBe(200);
    expect((await alice.get('/preferences')).body).toMatchObject({
      version: 1,
      default_provider: 'anthropic',
      budget: { currency: 'USD', day_usd: '5.00', month_usd: '20.50' },
    });
    expect((await alice.get('/usage')).body.day.micro_usd.limit).toBe(5_000_000);
    await alice.put('/preferences', {});
    expect((await alice.get('/preferences')).body).toMatchObject({
      ...empty,
      version: 2,
      updated_at: expect.any(String),
    });
    expect((await alice.get('/usage')).body.day.micro_usd.limit).toBe(20_000_000);
  });

  it('choose the provider and the model of a call that names none', async () => {
    const bob = await owner('bob', 'openai', 'anthropic');
    const default_models = { anthropic: 'claude-sonnet-5', openai: 'gpt-4.1-nano' };
    await bob.put('/preferences', { default_provider: 'anthropic', default_models });
    expect((await bob.invoke('ai_chat', say('hello'))).body.result.provider).toBe('anthropic');
    expect(modelAsked()).toBe('claude-sonnet-5');
    await bob.invoke('ai_chat', say('hello', { provider: 'openai' }));
    expect(modelAsked()).toBe('gpt-4.1-nano');
    await bob.invoke('ai_chat', say('hello', { provider: 'openai', model: 'gpt-4.1' }));
    expect(modelAsked()).toBe('gpt-4.1');
  });

  it('lower the budget at once: a call that may cost more is rejected, with the limit and the remedy', async () => {
    const carla = await owner('carla', 'openai');
    expect((await carla.invoke('ai_chat', say('hello'))).status).toBe(200);
    await carla.put('/preferences', { budget: { day_usd: '0.01' } });
    const before = providerChats(portunus.current).length;
    const rejected = await carla.invoke('ai_chat', say('hello'));
    expect(rejected.status).toBe(429);
    expect(rejected.body).toMatchObject({
      code: 'budget_exceeded',
      limit: { period: 'day', unit: 'micro_usd', limit: 10_000, open: 0 },
      next_step: expect.any(String),
    });
    expect(rejected.body.limit.wanted).toBeGreaterThan(10_000); // the longest answer of this model
    expect(providerChats(portunus.current)).toHaveLength(before);
    expect((await carla.invoke('ai_chat', say('hello', { max_tokens: 100 }))).status).toBe(200);
  });

  it('reject models without a price, if the stage requires prices', async () => {
    const dora = await owner('dora', 'openai');
    const rejected = await dora.invoke('ai_chat', say('hello', { model: 'gpt-99' }));
    expect(rejected.body).toMatchObject({
      status: 403,
      code: 'price_unknown',
      next_step: expect.any(String),
    });
    expect((await dora.invoke('ai_chat', say('hello'))).status).toBe(200);
  });

  it.each([
    ['above the stage’s', { budget: { day_usd: '20.01' } }, /must not exceed the limit of this stage, 20.00/],
    ['in another currency', { budget: { day_usd: '5', currency: 'EUR' } }, /USD/],
    ['of nothing', { budget: { day_usd: '0.00' } }, /more than 0/],
    ['for a day above the month’s', { budget: { day_usd: '6', month_usd: '5' } }, /month_usd/],
  ])('reject a budget %s, by the name of the field', async (_kind, body, words) => {
    const emil = await owner('emil');
    const answer = await emil.put('/preferences', body);
    expect(answer.body).toMatchObject({ status: 400, code: 'invalid_input' });
    expect(JSON.stringify(answer.body.issues)).toMatch(words);
  });

  it.each([
    ['a number for dollars', { budget: { day_usd: 5 } }],
    ['a negative budget', { budget: { day_usd: '-5' } }],
    ['a huge budget', { budget: { day_usd: '1000000000000' } }],
    ['an unknown field', { colour: 'mauve' }],
    ['an unknown provider', { default_provider: 'acme' }],
    ['a model of an unknown provider', { default_models: { acme: 'x' } }],
  ])('reject %s', async (_kind, body) => {
    const emil = await owner('emil');
    const answer = await emil.put('/preferences', body);
    expect(answer.body).toMatchObject({ status: 400, code: 'invalid_input' });
    expect(answer.text).not.toContain('mauve');
  });

  it('lose nothing when two change them at once', async () => {
    const fred = await owner('fred');
    await fred.put('/preferences', { default_provider: 'openai' });
    const puts = ['openai', 'anthropic', 'openai', 'anthropic'].map((default_provider) =>
      fred.put('/preferences', { default_provider, version: 1 }),
    );
    const statuses = (await Promise.all(puts)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(3);
    const stale = await fred.put('/preferences', { version: 1 });
    expect(stale.body).toMatchObject({ code: 'conflict', current: { version: 2 } });
  });

  it('are forgotten with their owner', async () => {
    const gil = await owner('gil');
    await gil.put('/preferences', { budget: { day_usd: '1' } });
    expect((await gil.delete('/account')).status).toBe(200);
    await deleteAccountClosures(portunus.current);
    expect((await gil.get('/preferences')).body).toMatchObject({ version: 0, budget: { day_usd: null } });
    expect((await gil.get('/usage')).body.own_budget).toEqual({ day_micro_usd: null, month_micro_usd: null });
  });
});
