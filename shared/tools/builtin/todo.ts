import * as z from 'zod';

import { Ulid } from '#shared/core/ulid.ts';
import { TodoQuery, toTodoPage } from '#shared/todo/query.ts';
import { Todo, TodoChanges, TodoDraft } from '#shared/todo/todo.ts';

import { defineTool, type Tool } from '#shared/tools/tool.ts';

const reads = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };
const adds = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false };
const sets = { ...adds, idempotentHint: true };

const Target = z.strictObject({
  id: Ulid.describe('Its id'),
  version: z.number().int().positive().optional().describe('Rejected unless this is its current version'),
});
const One = z.object({ todo: Todo });
const like = 'As todo_list returns it';
const OneSummary = z.object({ todo: z.looseObject({ id: Ulid, version: z.number().int() }).describe(like) });
const one = { output: One, outputSummary: OneSummary };
const example = { id: '01JD5Z6K7M8N9P0QRSTVWXYZ12' };

const create = defineTool({
  name: 'todo_create',
  title: 'Add a todo',
  description: "Adds one item to the caller's todo list.",
  input: TodoDraft,
  ...one,
  annotations: adds,
  scope: 'todo:write',
  examples: [{ title: 'Renew the passport', priority: 'high', due_at: '2027-03-01T09:00:00+01:00' }],
  async run(draft, { principal, todos }) {
    const { todo, writes } = todos.create(principal.ownerId, draft);
    return { output: { todo }, writes };
  },
});

/** A transaction holds them all, with the audit record. */
const MAX_BULK = 25;

const createMany = defineTool({
  name: 'todo_create_many',
  title: 'Add several todos',
  description: `Adds up to ${MAX_BULK} items to the caller's todo list: all of them or none.`,
  input: z.strictObject({ todos: z.array(TodoDraft).min(1).max(MAX_BULK) }),
  output: z.object({ todos: z.array(Todo) }),
  outputSummary: z.object({ todos: z.array(z.looseObject({ id: Ulid })).describe(like) }),
  annotations: adds,
  scope: 'todo:write',
  examples: [{ todos: [{ title: 'Buy milk' }, { title: 'Buy bread', tags: ['shop'] }] }],
  async run({ todos: drafts }, { principal, todos }) {
    const changes = drafts.map((draft) => todos.create(principal.ownerId, draft));
    return {
      output: { todos: changes.map(({ todo }) => todo) },
      writes: changes.flatMap(({ writes }) => writes),
      meta: { count: changes.length },
    };
  },
});

const get = defineTool({
  name: 'todo_get',
  title: 'Get a todo',
  description: 'Returns one todo with its current version.',
  input: Target.pick({ id: true }),
  ...one,
  annotations: reads,
  scope: 'todo:read',
  examples: [example],
  async run({ id }, { principal, todos }) {
    return { output: { todo: await todos.get(principal.ownerId, id) } };
  },
});

const update = defineTool({
  name: 'todo_update',
  title: 'Change a todo',
  description: 'Changes the named fields of one todo; null takes a field away.',
  input: Target.extend(TodoChanges.shape),
  ...one,
  annotations: sets,
  scope: 'todo:write',
  examples: [{ ...example, priority: 'high', due_at: null }],
  async run({ id, version, ...changes }, { principal, todos }) {
    const { todo, writes } = await todos.update(principal.ownerId, { id, version }, changes);
    return { output: { todo }, writes };
  },
});

const marking = (name: `todo_${string}`, title: string, status: Todo['status']) =>
  defineTool({
    name,
    title,
    description: `Marks one todo as ${status}. A todo that is ${status} already stays as it is.`,
    input: Target,
    ...one,
    annotations: sets,
    scope: 'todo:write',
    examples: [example],
    async run(target, { principal, todos }) {
      const { todo, writes } = await todos.mark(principal.ownerId, target, status);
      return { output: { todo }, writes };
    },
  });

const remove = defineTool({
  name: 'todo_delete',
  title: 'Delete a todo',
  description: 'Deletes one todo for good and returns it as it was.',
  input: Target,
  ...one,
  annotations: { ...sets, destructiveHint: true },
  scope: 'todo:write',
  examples: [example],
  async run(target, { principal, todos }) {
    const { todo, writes } = await todos.remove(principal.ownerId, target);
    return { output: { todo }, writes };
  },
});

const list = defineTool({
  name: 'todo_list',
  title: 'List todos',
  description: "Returns the caller's todos, filtered, sorted and paged; open ones by default, oldest first.",
  input: TodoQuery,
  output: z.object({ todos: z.array(Todo), next_cursor: z.string().nullable() }),
  annotations: reads,
  scope: 'todo:read',
  examples: [{}, { status: 'all', search: 'passport', sort: 'due', limit: 10 }],
  async run(query, { principal, todos }) {
    const output = toTodoPage(await todos.all(principal.ownerId), query);
    return { output, meta: { count: output.todos.length } };
  },
});

export const todoTools: readonly Tool[] = [
  create,
  createMany,
  get,
  update,
  marking('todo_complete', 'Complete a todo', 'done'),
  marking('todo_reopen', 'Reopen a todo', 'open'),
  remove,
  list,
];
