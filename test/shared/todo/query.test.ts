import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { newUlid } from '#shared/core/ulid.ts';
import { TodoQuery, toTodoPage } from '#shared/todo/query.ts';
import { PRIORITIES, type Todo } from '#shared/todo/todo.ts';

const todos = fc.array(
  fc.record({
    title: fc.constantFrom('alpha', 'Alpha', 'beta', 'gamma delta'),
    priority: fc.constantFrom(...PRIORITIES),
    status: fc.constantFrom('open' as const, 'done' as const),
    due: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
    tags: fc.subarray(['home', 'work']),
  }),
  { maxLength: 30 },
);

const day = (n: number) => `2027-01-0${n + 1}T00:00:00Z`;
type Made = {
  title: string;
  priority: Todo['priority'];
  status: Todo['status'];
  due: number | undefined;
  tags: string[];
};
const made = ({ due, ...rest }: Made, n: number): Todo => ({
  ...rest,
  id: newUlid(1_000_000 + n),
  ...(due !== undefined && { due_at: day(due) }),
  version: 1,
  created_at: day(0),
  updated_at: day(0),
});

const sorts = fc.constantFrom('created' as const, 'due' as const, 'priority' as const, 'title' as const);

describe('a page of todos', () => {
  it('follows the one before: nothing is lost or shown twice, whatever the order and size', () => {
    fc.assert(
      fc.property(todos, sorts, fc.integer({ min: 1, max: 7 }), (drafts, sort, limit) => {
        const all = drafts.map(made);
        const whole = toTodoPage(all, TodoQuery.parse({ status: 'all', sort, limit: 100 })).todos;
        expect(new Set(whole.map(({ id }) => id))).toEqual(new Set(all.map(({ id }) => id)));
        const seen: Todo[] = [];
        let cursor: string | null | undefined;
        do {
          const page = toTodoPage(
            all,
            TodoQuery.parse({ status: 'all', sort, limit, ...(cursor && { cursor }) }),
          );
          seen.push(...page.todos);
          cursor = page.next_cursor;
        } while (cursor);
        expect(seen).toEqual(whole);
      }),
    );
  });

  it('is not disturbed by a todo that is deleted between two pages', () => {
    const all = ['a', 'b', 'c', 'd'].map((title, n) =>
      made({ title, priority: 'normal', status: 'open', due: undefined, tags: [] }, n),
    );
    const first = toTodoPage(all, TodoQuery.parse({ sort: 'title', limit: 2 }));
    const rest = toTodoPage(
      all.slice(2),
      TodoQuery.parse({ sort: 'title', limit: 2, cursor: first.next_cursor ?? '' }),
    );
    expect(rest.todos.map(({ title }) => title)).toEqual(['c', 'd']);
  });

  it('rejects any other cursor', () => {
    expect(() => toTodoPage([], TodoQuery.parse({ cursor: 'bm9uc2Vuc2U' }))).toThrowError('Invalid cursor.');
  });

  it('finds a due date in whatever zone it is written', () => {
    const [late] = [made({ title: 'x', priority: 'low', status: 'open', due: undefined, tags: [] }, 0)];
    const todo = { ...late, due_at: '2027-01-01T23:30:00-02:00' } as Todo;
    const between = { due_after: '2027-01-02T01:00:00Z', due_before: '2027-01-02T02:00:00Z' };
    expect(toTodoPage([todo], TodoQuery.parse(between)).todos).toHaveLength(1);
    expect(toTodoPage([todo], TodoQuery.parse({ due_before: '2027-01-02T01:30:00Z' })).todos).toHaveLength(0);
  });
});
