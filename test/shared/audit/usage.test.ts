import { describe, expect, it } from 'vitest';

import { type AuditedEvent, createUsage } from '#shared/audit/usage.ts';
import { AppError } from '#shared/core/errors.ts';

const event: AuditedEvent = {
  eventId: 'e1',
  ownerId: 'alice',
  act: 'tool.called',
  category: 'api_call',
  result: 'succeeded',
  ts: '2026-11-22T12:00:00.000Z',
  target: 'ai_chat',
  provider: 'openai',
  usedKeys: 'openai_a openai_b openai_a',
  inputTokens: '10',
  outputTokens: '5',
  costMicroUsd: '7',
};

const write = (name: string, apply: () => void, holds = () => true) => ({
  item: { name, apply, holds },
  rejected: () => new AppError('conflict'),
});

/** The port's rules: one marker for each event, counters by name, and owners who have left. */
function given({ erased = false } = {}) {
  const marks = new Set<string>();
  const counters = new Map<string, number>();
  const names: string[][] = [];
  const add = (name: string, by: number) => counters.set(name, (counters.get(name) ?? 0) + by);
  const usage = createUsage({
    store: {
      unlessCounted: ({ eventId }) =>
        write(
          'once',
          () => marks.add(eventId),
          () => !marks.has(eventId),
        ),
      count: ({ act, result }) => write('count', () => add(`${act}:${result}`, 1)),
      use: (_event, used) => write('use', () => used.forEach((by, name) => add(name, by))),
      unlessErased: () =>
        write(
          'unlessErased',
          () => {},
          () => !erased,
        ),
    },
    async commit(writes) {
      const items = writes.map(({ item }) => item as ReturnType<typeof write>['item']);
      names.push(items.map(({ name }) => name));
      if (items.some(({ holds }) => !holds())) throw new AppError('conflict');
      for (const { apply } of items) apply();
    },
  });
  return { usage, counters, names };
}

describe('the usage projection', () => {
  it('counts an event once, however often it is delivered', async () => {
    const { usage, counters } = given();
    expect(await usage(event)).toBe('counted');
    const once = new Map(counters);
    expect(await usage(event)).toBe('ignored');
    expect(counters).toEqual(once);
    expect(await usage({ ...event, eventId: 'e2' })).toBe('counted');
    expect(counters.get('tool:ai_chat:succeeded')).toBe(2);
  });

  it('counts a call for its tool, its provider and each key once, and what it used for the key that served', async () => {
    const { usage, counters } = given();
    await usage({ ...event, usedKeys: 'openai_a openai_b' });
    expect(Object.fromEntries(counters)).toEqual({
      'tool.called:succeeded': 1,
      'tool:ai_chat:succeeded': 1,
      'tool:ai_chat:input_tokens': 10,
      'tool:ai_chat:output_tokens': 5,
      'tool:ai_chat:cost_micro_usd': 7,
      'provider:openai:succeeded': 1,
      'provider:openai:input_tokens': 10,
      'provider:openai:output_tokens': 5,
      'provider:openai:cost_micro_usd': 7,
      'key:openai_a:succeeded': 1,
      'key:openai_b:succeeded': 1,
      'key:openai_b:input_tokens': 10,
      'key:openai_b:output_tokens': 5,
      'key:openai_b:cost_micro_usd': 7,
    });
  });

  it('counts a call by its outcome alone, not by its attempt', async () => {
    const { usage, counters } = given();
    await usage({ ...event, result: 'attempted' });
    expect([...counters.keys()]).toEqual(['tool.called:attempted']);
  });

  it.each(['unknown', '-5', '1.5', '1e3', '9'.repeat(16)])(
    'takes no amount of "%s"',
    async (costMicroUsd) => {
      const { usage, counters } = given();
      await usage({ ...event, costMicroUsd });
      expect(counters.has('tool:ai_chat:cost_micro_usd')).toBe(false);
    },
  );

  it('counts nothing for an owner who has left, not even the erasure itself', async () => {
    const { usage, counters, names } = given({ erased: true });
    expect(await usage(event)).toBe('ignored');
    expect(await usage({ ...event, act: 'account.erased' })).toBe('ignored');
    expect(counters.size).toBe(0);
    expect(names).toEqual([['once', 'count', 'use', 'unlessErased']]);
  });

  it('throws what is no rejection of its store, so that the event is delivered again', async () => {
    const { usage } = given();
    const broken = createUsage({
      store: {
        unlessCounted: () => ({ item: 1, rejected: () => new AppError('conflict') }),
        count: () => ({ item: 1, rejected: () => new AppError('internal') }),
        use: () => ({ item: 1, rejected: () => new AppError('internal') }),
        unlessErased: () => ({ item: 1, rejected: () => new AppError('conflict') }),
      },
      commit: async () => {
        throw new AppError('unavailable');
      },
    });
    await expect(broken(event)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await usage(event)).toBe('counted');
  });
});
