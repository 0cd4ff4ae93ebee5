import * as z from 'zod';

import { Ulid } from '#shared/core/ulid.ts';
import { Todo, TodoDraft } from '#shared/todo/todo.ts';

import { defineTool, type Tool } from './tool.ts';

const create = defineTool({
  name: 'todo_create',
  title: 'Add a todo',
  description: "Adds one item to the caller's todo list.",
  input: TodoDraft,
  output: z.object({ todo: Todo }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  scope: 'todo:write',
  examples: [{ title: 'Renew the passport', priority: 'high', due_at: '2027-03-01T09:00:00+01:00' }],
  async run(draft, { principal, todos }) {
    const { todo, writes } = todos.create(principal.uid, draft);
    return { output: { todo }, writes };
  },
});

const complete = defineTool({
  name: 'todo_complete',
  title: 'Complete a todo',
  description: 'Marks one todo as done. A todo that is done already stays as it is.',
  input: z.strictObject({ id: Ulid.describe('The id that todo_create or todo_list gave') }),
  output: z.object({ todo: Todo }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  scope: 'todo:write',
  examples: [{ id: '01JD5Z6K7M8N9P0QRSTVWXYZ12' }],
  async run({ id }, { principal, todos }) {
    const { todo, writes } = await todos.complete(principal.uid, id);
    return { output: { todo }, writes };
  },
});

const list = defineTool({
  name: 'todo_list',
  title: 'List todos',
  description: "Returns the caller's todos, open ones by default, oldest first.",
  input: z.strictObject({
    status: z.enum(['open', 'done', 'all']).default('open').describe('Which ones'),
    limit: z.number().int().min(1).max(100).default(50).describe('Most to return'),
    cursor: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,200}$/)
      .optional()
      .describe('next_cursor of the page before'),
  }),
  output: z.object({ todos: z.array(Todo), next_cursor: z.string().nullable() }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  scope: 'todo:read',
  examples: [{}, { status: 'all', limit: 10 }],
  async run({ status, limit, cursor }, { principal, todos }) {
    const output = await todos.list(principal.uid, { status }, { limit, cursor });
    return { output, meta: { count: output.todos.length } };
  },
});

export const todoTools: readonly Tool[] = [create, list, complete];
