import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import type { Uid } from '#shared/core/ids.ts';
import { cursorOf, placeOf } from '#shared/core/page.ts';
import { newUlid, Ulid } from '#shared/core/ulid.ts';
import type { Write } from '#shared/core/write.ts';

const PRIORITIES = ['low', 'normal', 'high'] as const;

export const Todo = z.object({
  id: Ulid,
  title: z.string(),
  description: z.string().optional(),
  priority: z.enum(PRIORITIES),
  due_at: z.iso.datetime({ offset: true }).optional(),
  tags: z.array(z.string()),
  status: z.enum(['open', 'done']),
  version: z.number().int().positive(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  completed_at: z.iso.datetime().optional(),
});
export type Todo = z.infer<typeof Todo>;

export const TodoDraft = z.strictObject({
  title: z.string().trim().min(1).max(200).describe('What to do, in one line'),
  description: z.string().trim().min(1).max(4000).optional().describe('Details'),
  priority: z.enum(PRIORITIES).optional().describe('Default: normal'),
  due_at: z.iso.datetime({ offset: true }).optional().describe('When it is due: RFC 3339 with a zone'),
  tags: z.array(z.string().trim().min(1).max(40)).max(20).optional().describe('Free labels'),
});
export type TodoDraft = z.infer<typeof TodoDraft>;

export type TodoFilter = { readonly status: 'open' | 'done' | 'all' };

/** Port. Every row belongs to one owner; nothing here takes an owner from a request. */
export type TodoStore = {
  readonly find: (owner: Uid, id: Ulid) => Promise<Todo | undefined>;
  /** Oldest first. `next` is the last id of the page when more may follow. */
  readonly page: (
    owner: Uid,
    filter: TodoFilter,
    page: { limit: number; after?: Ulid },
  ) => Promise<{ todos: Todo[]; next?: Ulid }>;
  readonly insert: (owner: Uid, todo: Todo) => Write;
  /** Refused with `conflict` unless the stored version is `todo.version - 1`. */
  readonly replace: (owner: Uid, todo: Todo) => Write;
};

/** The new state and the write that makes it so: nothing happens until the write is committed. */
export type TodoChange = { readonly todo: Todo; readonly writes: readonly Write[] };

export type Todos = {
  readonly create: (owner: Uid, draft: TodoDraft) => TodoChange;
  /** A todo that is done already stays as it is. @throws {AppError} `not_found` */
  readonly complete: (owner: Uid, id: Ulid) => Promise<TodoChange>;
  readonly list: (
    owner: Uid,
    filter: TodoFilter,
    page: { limit: number; cursor?: string | undefined },
  ) => Promise<{ todos: Todo[]; next_cursor: string | null }>;
};

export function createTodos({ store, now }: { store: TodoStore; now: () => number }): Todos {
  const time = () => new Date(now()).toISOString();

  return {
    create(owner, { title, description, priority = 'normal', due_at, tags = [] }) {
      const at = time();
      const todo: Todo = {
        id: newUlid(now()),
        title,
        ...(description !== undefined && { description }),
        priority,
        ...(due_at !== undefined && { due_at }),
        tags,
        status: 'open',
        version: 1,
        created_at: at,
        updated_at: at,
      };
      return { todo, writes: [store.insert(owner, todo)] };
    },

    async complete(owner, id) {
      const found = await store.find(owner, id);
      if (!found) throw new AppError('not_found', 'You have no such todo.');
      if (found.status === 'done') return { todo: found, writes: [] };
      const at = time();
      const version = found.version + 1;
      const todo: Todo = { ...found, status: 'done', version, updated_at: at, completed_at: at };
      return { todo, writes: [store.replace(owner, todo)] };
    },

    async list(owner, filter, { limit, cursor }) {
      const after = cursor === undefined ? undefined : Ulid.safeParse(placeOf(cursor));
      if (after && !after.success) throw new AppError('invalid_input', 'The cursor is not one of ours.');
      const { todos, next } = await store.page(owner, filter, { limit, ...(after && { after: after.data }) });
      return { todos, next_cursor: next === undefined ? null : cursorOf(next) };
    },
  };
}
