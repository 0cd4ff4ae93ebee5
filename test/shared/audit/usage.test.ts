import { describe, expect, it } from 'vitest';

import { createUsage, type PositionedEvent, type UsageBatch } from '#shared/audit/usage.ts';
import { AppError } from '#shared/core/errors.ts';

const event: PositionedEvent = {
  eventId: 'e1',
  position: '01',
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
const at = (position: string, more: Partial<PositionedEvent> = {}): PositionedEvent => ({
  ...event,
  eventId: `e${position}`,
  position,
  ...more,
});

type Item = {
  readonly name: string;
  readonly apply: () => void;
  readonly rejection: () => AppError | undefined;
};
const write = (item: Item) => ({ item, rejected: () => item.rejection() ?? new AppError('internal') });

const dayIn = ({ ownerId, day }: UsageBatch) => `${ownerId} ${day}`;

/** The port's rules: the last counted position of an owner's day, counters by name, and owners who left at some time. */
function given({ erasedAt = '', failures = 0 } = {}) {
  const countedTo = new Map<string, string>();
  const counters = new Map<string, number>();
  const commits: string[][] = [];
  let left = failures;
  const add = (counts: ReadonlyMap<string, number>) => {
    for (const [name, by] of counts) counters.set(name, (counters.get(name) ?? 0) + by);
  };
  const usage = createUsage({
    store: {
      count: (batch) =>
        write({
          name: 'count',
          apply() {
            add(batch.actions);
            countedTo.set(dayIn(batch), batch.last);
          },
          rejection() {
            const counted_to = countedTo.get(dayIn(batch)) ?? '';
            return counted_to < batch.first ? undefined : new AppError('conflict', undefined, { counted_to });
          },
        }),
      use: (batch) => write({ name: 'use', apply: () => add(batch.uses), rejection: () => undefined }),
      unlessErased: ({ since }) =>
        write({
          name: 'unlessErased',
          apply: () => {},
          rejection: () => (since > erasedAt ? undefined : new AppError('conflict')),
        }),
    },
    async commit(writes) {
      const items = writes.map(({ item }) => item as Item);
      commits.push(items.map(({ name }) => name));
      if (left > 0) {
        left--;
        throw new AppError('unavailable');
      }
      const rejected = items.map(({ rejection }) => rejection()).find((rejection) => rejection !== undefined);
      if (rejected) throw rejected;
      for (const { apply } of items) apply();
    },
  });
  return { usage, counters, commits };
}

describe('the usage projection', () => {
  it('counts an event once, however often it is delivered, and in whatever batch', async () => {
    const { usage, counters } = given();
    await usage([event]);
    const once = new Map(counters);
    await usage([event]);
    expect(counters).toEqual(once);
    await usage([event, at('02'), at('03')]);
    await usage([at('02'), at('03'), at('04')]);
    expect(counters.get('tool:ai_chat:succeeded')).toBe(4);
    expect(counters.get('tool.called:succeeded')).toBe(4);
  });

  it('adds up the events of an owner and day before one write, and keeps owners and days apart', async () => {
    const { usage, counters, commits } = given();
    await usage([
      event,
      at('02'),
      at('03', { ownerId: 'bob' }),
      at('04', { ts: '2026-11-23T00:00:00.000Z' }),
      at('05'),
    ]);
    expect(commits).toHaveLength(3);
    expect(counters.get('tool:ai_chat:cost_micro_usd')).toBe(35);
  });

  it('counts a call for its tool, its provider and each key once, and what it used for the key that served', async () => {
    const { usage, counters } = given();
    await usage([{ ...event, usedKeys: 'openai_a openai_b' }]);
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
    await usage([{ ...event, result: 'attempted' }]);
    expect([...counters.keys()]).toEqual(['tool.called:attempted']);
  });

  it.each(['unknown', '-5', '1.5', '1e3', '9'.repeat(16)])(
    'takes no amount of "%s"',
    async (costMicroUsd) => {
      const { usage, counters } = given();
      await usage([{ ...event, costMicroUsd }]);
      expect(counters.has('tool:ai_chat:cost_micro_usd')).toBe(false);
    },
  );

  it('counts nothing for an owner who has left, not even the erasure itself', async () => {
    const { usage, counters, commits } = given({ erasedAt: '2026-11-22T23:00:00.000Z' });
    expect(await usage([event, at('02', { act: 'account.erased' })])).toEqual([]);
    expect(counters.size).toBe(0);
    expect(commits).toEqual([['count', 'use', 'unlessErased']]);
  });

  it('counts the events after an erasure that share a batch with those before it', async () => {
    const { usage, counters } = given({ erasedAt: '2026-11-22T12:30:00.000Z' });
    await usage([event, at('02'), at('03', { ts: '2026-11-22T13:00:00.000Z' })]);
    expect(counters.get('tool.called:succeeded')).toBe(1);
  });

  it('writes at most 20 events at once, for the limits of an expression', async () => {
    const { usage, counters, commits } = given();
    const many = Array.from({ length: 45 }, (_, n) => at(String(n + 10)));
    await usage(many);
    expect(commits).toHaveLength(3);
    expect(counters.get('tool.called:succeeded')).toBe(45);
  });

  it('names the position from which events must be delivered again, and counts no later one of that day before', async () => {
    const { usage, counters } = given({ failures: 1 });
    const many = Array.from({ length: 25 }, (_, n) => at(String(n + 10)));
    expect(await usage(many)).toEqual(['10']);
    expect(counters.size).toBe(0);
    expect(await usage(many)).toEqual([]);
    expect(counters.get('tool.called:succeeded')).toBe(25);
  });
});
