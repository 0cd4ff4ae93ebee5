import { fork } from 'node:child_process';
import { once } from 'node:events';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';

import { costOf } from '#shared/providers/prices.ts';
import type { Order } from '#test/shared/limits/ledger-callers.ts';
import { withBudget } from '#test/support/budgets.ts';
import { type Answer, canaryKey, providerChats, type Person, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

type Row = Record<string, unknown>;

const LIMIT = 10;

onEngine('a stage of ten calls a day', () => {
  const portunus = usePortunus({ mutate: withBudget({ day: { calls: LIMIT } }) });

  const owner = async (name: string): Promise<Person> => {
    const person = await portunus.current.person(name);
    await person.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    return person;
  };

  it('admits exactly ten of sixty calls of twelve callers at once, and says to the others when to come back', async () => {
    const alice = await owner('alice');
    const caller = async () => {
      const own: Answer[] = [];
      for (let n = 0; n < 5; n += 1) own.push(await alice.invoke('ai_chat', say('hello')));
      return own;
    };
    const answers = (await Promise.all(Array.from({ length: 12 }, caller))).flat();
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(LIMIT);
    const rejected = answers.filter(({ status }) => status === 429);
    expect(rejected).toHaveLength(60 - LIMIT);
    for (const { headers, body } of rejected) {
      expect(body).toMatchObject({
        code: 'quota_exceeded',
        limit: { period: 'day', unit: 'calls', limit: LIMIT },
        next_step: expect.any(String),
      });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(providerChats(portunus.current)).toHaveLength(LIMIT);

    // Each that was rejected left one record, each that was admitted two.
    const records = (await portunus.current.rows('audit')).filter(({ act }) => act === 'tool.called');
    const by = (result: string) => records.filter((record) => record['result'] === result).length;
    expect([by('attempted'), by('succeeded'), by('refused')]).toEqual([LIMIT, LIMIT, 60 - LIMIT]);
  });

  it('notifies the owner and the operators once each at 50, 80 and 95 %', async () => {
    const alice = await portunus.current.person('alice');
    const { body } = await alice.get('/notices');
    const told = body.notices.map(({ kind, severity, subject }: Row) => [kind, severity, subject]);
    expect(told.toSorted()).toEqual([
      ['budget_warning', 'critical', 'day.calls'],
      ['budget_warning', 'info', 'day.calls'],
      ['budget_warning', 'warning', 'day.calls'],
    ]);
    // The rule that sends them to the ops topic.
    const raised = await alice.get('/audit/logs?action=notice.raised');
    expect(
      raised.body.logs.map(({ target, metadata }: Row) => [target, (metadata as Row)['reason']]),
    ).toEqual(Array.from({ length: 3 }, () => ['day.calls', 'budget_warning']));
  });

  it('charges what the provider counted, to the micro-USD, and says so', async () => {
    const bob = await owner('bob');
    let sum = 0;
    for (const words of ['one', 'two words', 'and three of them']) {
      const { body } = await bob.invoke('ai_chat', say(words));
      const { model, usage } = body.result;
      const cost = costOf('openai', model, {
        inputTokens: usage.input_tokens,
        outputTokens: usage.output_tokens,
      });
      if (cost === 'unknown') throw new Error('The model has no price.');
      expect(body.usage).toEqual({ cost_micro_usd: cost.costMicroUsd, price_version: cost.priceVersion });
      sum += cost.costMicroUsd;
    }
    const { body } = await bob.get('/audit/logs?action=tool.called&result=succeeded');
    expect(
      body.logs.reduce(
        (total: number, { metadata }: { metadata: Row }) => total + Number(metadata['cost_micro_usd']),
        0,
      ),
    ).toBe(sum);
    const usage = await bob.get('/usage');
    expect(usage.body).toMatchObject({
      currency: 'USD',
      day: { calls: { spent: 3, open: 0, limit: LIMIT }, micro_usd: { spent: sum, open: 0, limit: null } },
      providers: { openai: { day: { calls: { spent: 3 } }, month: { micro_usd: { spent: sum } } } },
      calls_under_way: 0,
    });
    expect(Date.parse(usage.body.day.resets_at)).toBeGreaterThan(Date.now());
    expect(usage.body.day.calls.left).toBe(LIMIT - 3);
    // A tool tells the same.
    const told = await bob.invoke('usage_status');
    expect(told.body.result).toEqual((await bob.get('/usage')).body);
    const poor = await portunus.current.person('bob', { scopes: ['tools:call'] });
    expect((await poor.invoke('usage_status')).body).toMatchObject({ code: 'insufficient_scope' });
  });

  it('charges neither a call that never reached its provider nor a built-in tool', async () => {
    const carol = await portunus.current.person('carla');
    expect((await carol.invoke('ai_chat', say('no key'))).body).toMatchObject({ code: 'key_missing' });
    await carol.invoke('time_now');
    expect((await carol.get('/usage')).body.day.calls).toMatchObject({ spent: 0, open: 0 });
    const { body } = await carol.invoke('time_now');
    expect(body.usage).toBeUndefined();
  });

  it('counts a model without a known price as a call, and says that its cost is unknown', async () => {
    const dora = await owner('dora');
    const { body } = await dora.invoke('ai_chat', say('hello', { model: 'gpt-99' }));
    expect(body.usage).toEqual({ cost_micro_usd: 'unknown' });
    expect((await dora.get('/usage')).body.day).toMatchObject({
      calls: { spent: 1 },
      micro_usd: { spent: 0 },
    });
  });

  it('keeps the ledger exact when the store’s answers are lost', async () => {
    const emil = await owner('emil');
    const before = providerChats(portunus.current).length;
    let seen = 0;
    const clear = portunus.current.awsEndpoint.faults.inject(({ caller, operation }) => {
      if (!caller.includes('tools-invoke') || operation !== 'TransactWriteItems') return undefined;
      seen += 1;
      return seen % 2 === 0 ? { kind: 'lose' } : undefined;
    });
    await Promise.all(Array.from({ length: 6 }, () => emil.invoke('ai_chat', say('hello'))));
    clear();
    expect(seen).toBeGreaterThan(12);
    const asked = providerChats(portunus.current).length - before;
    expect((await emil.get('/usage')).body.day.calls).toMatchObject({ spent: asked, open: 0 });
  });

  it('gives back what a killed process held, when its calls could no longer be under way', async () => {
    const { current } = portunus;
    const known = new Set((await current.rows('control')).map(({ pk }) => pk));
    const fred = await owner('fred');
    await fred.invoke('ai_chat', say('hello'));
    const row = (await current.rows('control')).find(
      ({ pk }) => String(pk).startsWith('LEDGER#') && !known.has(pk),
    );
    const order: Order = {
      endpoint: current.dynamo.endpoint,
      control: current.tableName('control'),
      records: current.tableName('audit'),
      ownerId: String(row?.['pk']).slice('LEDGER#'.length),
      calls: LIMIT - 1,
      limit: LIMIT,
    };
    const file = new URL('../shared/limits/ledger-callers.ts', import.meta.url).pathname;
    const holder = fork(file, [JSON.stringify(order)]);
    expect(await once(holder, 'message')).toContain('holding');
    holder.kill('SIGKILL');
    await once(holder, 'exit');

    const rejected = await fred.invoke('ai_chat', say('hello'));
    expect(rejected.body).toMatchObject({ code: 'quota_exceeded', limit: { spent: 1, open: LIMIT - 1 } });
    expect(Number(rejected.headers.get('retry-after'))).toBeLessThanOrEqual(5);

    // A quarter of an hour and a minute later, as far as the ledger can tell.
    const Key = { pk: row?.['pk'], sk: row?.['sk'] };
    const { Item = {} } = await current.db.send(new GetCommand({ TableName: order.control, Key }));
    const aged = Object.entries(Item['open'] as Record<string, { until: number }>).map(([id, hold]) => [
      id,
      { ...hold, until: hold.until - 961_000 },
    ]);
    await current.db.send(
      new PutCommand({ TableName: order.control, Item: { ...Item, open: Object.fromEntries(aged) } }),
    );
    expect((await fred.get('/usage')).body.day.calls).toMatchObject({ spent: 1, open: 0 });
    expect((await fred.invoke('ai_chat', say('hello'))).status).toBe(200);
    expect((await fred.get('/usage')).body.day.calls).toMatchObject({ spent: 2, open: 0 });
  });

  it('is forgotten with its owner', async () => {
    const bob = await portunus.current.person('bob');
    const ledgers = async () =>
      (await portunus.current.rows('control')).filter(({ pk }) => String(pk).startsWith('LEDGER#')).length;
    const before = await ledgers();
    expect((await bob.delete('/account')).status).toBe(200);
    expect(await ledgers()).toBe(before - 1);
  });
});
