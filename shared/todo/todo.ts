import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { ownLine, ownLines } from '#shared/core/own-text.ts';
import { newUlid, Ulid } from '#shared/core/ulid.ts';
import type { Write } from '#shared/core/write.ts';

export const PRIORITIES = ['low', 'normal', 'high'] as const;

const Title = ownLine().min(1).max(200).describe('Task in one line');
const Description = ownLines().min(1).max(4000).describe('Details');
const Priority = z.enum(PRIORITIES);
const DueAt = z.iso.datetime({ offset: true }).describe('Due time: RFC 3339 with a zone');
const Tags = z
  .array(ownLine().min(1).max(40))
  .max(20)
  .overwrite((tags) => [...new Set(tags)])
  .describe('Labels');

export const Todo = z.object({
  id: Ulid,
  title: z.string(),
  description: z.string().optional(),
  priority: Priority,
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
  title: Title,
  description: Description.optional(),
  priority: Priority.optional().describe('Default: normal'),
  due_at: DueAt.optional(),
  tags: Tags.optional(),
});
export type TodoDraft = z.infer<typeof TodoDraft>;

/** `null` removes a field; an omitted field is unchanged. */
export const TodoChanges = z.strictObject({
  title: Title.optional(),
  description: Description.nullable().optional(),
  priority: Priority.optional(),
  due_at: DueAt.nullable().optional(),
  tags: Tags.optional(),
});
export type TodoChanges = z.infer<typeof TodoChanges>;

/** Port. Every row belongs to one owner; the owner never comes from request input. */
export type TodoStore = {
  readonly find: (owner: OwnerId, id: Ulid) => Promise<Todo | undefined>;
  /** All of an owner's todos, oldest first. */
  readonly all: (owner: OwnerId) => Promise<Todo[]>;
  readonly insert: (owner: OwnerId, todo: Todo) => Write;
  /** Rejected with `conflict` unless the stored version is `todo.version - 1`. */
  readonly replace: (owner: OwnerId, todo: Todo) => Write;
  /** Rejected with `conflict` unless the stored version is `todo.version`. */
  readonly remove: (owner: OwnerId, todo: Todo) => Write;
};

/** New state and the write that stores it: nothing changes until the write is committed. */
export type TodoChange = { readonly todo: Todo; readonly writes: readonly Write[] };

/** `version`: the version that the caller read; the change is rejected if it is not current. */
export type TodoTarget = { readonly id: Ulid; readonly version?: number | undefined };

export type Todos = {
  readonly create: (owner: OwnerId, draft: TodoDraft) => TodoChange;
  /** @throws {AppError} `not_found` */
  readonly get: (owner: OwnerId, id: Ulid) => Promise<Todo>;
  readonly all: (owner: OwnerId) => Promise<Todo[]>;
  /** @throws {AppError} `not_found`, `conflict` */
  readonly update: (owner: OwnerId, target: TodoTarget, changes: TodoChanges) => Promise<TodoChange>;
  /** Has no effect on a todo that has this status already. @throws {AppError} `not_found`, `conflict` */
  readonly mark: (owner: OwnerId, target: TodoTarget, status: Todo['status']) => Promise<TodoChange>;
  /** @throws {AppError} `not_found`, `conflict` */
  readonly remove: (owner: OwnerId, target: TodoTarget) => Promise<TodoChange>;
};

/** `null` removes a field, `undefined` leaves it unchanged. */
function merged(before: Todo, changes: Readonly<Record<string, unknown>>): Todo {
  const named = Object.entries(changes).filter(([, value]) => value !== undefined);
  const fields = Object.entries({ ...before, ...Object.fromEntries(named) });
  return Todo.parse(Object.fromEntries(fields.filter(([, value]) => value !== null)));
}

export function createTodos({ store, now }: { store: TodoStore; now: () => number }): Todos {
  const time = () => new Date(now()).toISOString();

  const get = async (owner: OwnerId, id: Ulid): Promise<Todo> => {
    const found = await store.find(owner, id);
    if (!found) throw new AppError('not_found', 'Todo not found.');
    return found;
  };

  const seen = async (owner: OwnerId, { id, version }: TodoTarget): Promise<Todo> => {
    const found = await get(owner, id);
    if (version !== undefined && version !== found.version) {
      throw new AppError('conflict', 'The todo was modified by another request.', { current: found });
    }
    return found;
  };

  const replaced = (
    owner: OwnerId,
    before: Todo,
    after: Omit<Todo, 'version' | 'updated_at'>,
  ): TodoChange => {
    const todo: Todo = { ...after, version: before.version + 1, updated_at: time() };
    return { todo, writes: [store.replace(owner, todo)] };
  };

  return {
    get,
    all: store.all,

    create(owner, { priority = 'normal', tags = [], ...rest }) {
      const at = time();
      const made = {
        id: newUlid(now()),
        status: 'open',
        version: 1,
        created_at: at,
        updated_at: at,
      } as const;
      const todo: Todo = { ...made, ...rest, priority, tags };
      return { todo, writes: [store.insert(owner, todo)] };
    },

    async update(owner, target, changes) {
      const before = await seen(owner, target);
      return replaced(owner, before, merged(before, changes));
    },

    async mark(owner, target, status) {
      const before = await seen(owner, target);
      if (before.status === status) return { todo: before, writes: [] };
      const completed_at = status === 'done' ? time() : null;
      return replaced(owner, before, merged(before, { status, completed_at }));
    },

    async remove(owner, target) {
      const todo = await seen(owner, target);
      return { todo, writes: [store.remove(owner, todo)] };
    },
  };
}
