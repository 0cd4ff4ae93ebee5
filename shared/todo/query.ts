// Filters and order of todos. Pure: the store provides all todos of the owner.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { ownLine } from '#shared/core/own-text.ts';
import { formatCursor, parseCursor } from '#shared/core/page.ts';
import { Ulid } from '#shared/core/ulid.ts';

import { PRIORITIES, type Todo } from './todo.ts';

const Moment = z.iso.datetime({ offset: true });

export const TodoQuery = z.strictObject({
  status: z.enum(['open', 'done', 'all']).default('open').describe('Status filter'),
  priority: z.enum(PRIORITIES).optional(),
  tag: ownLine().min(1).max(40).optional().describe('Only todos with this tag'),
  due_after: Moment.optional().describe('RFC 3339 with a zone'),
  due_before: Moment.optional().describe('RFC 3339 with a zone'),
  search: ownLine().min(1).max(100).optional().describe('Every word must occur, in any letter case'),
  sort: z
    .enum(['created', 'due', 'priority', 'title'])
    .default('created')
    .describe('Todos without a due date come last'),
  limit: z.number().int().min(1).max(100).default(50).describe('Maximum number of todos'),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,400}$/)
    .optional()
    .describe('next_cursor of the page before'),
});
export type TodoQuery = z.infer<typeof TodoQuery>;

/** Canonically equal texts (Unicode TR15) compare as equal, in any letter case. Older todos may hold either form. */
const folded = (text: string) => text.normalize('NFC').toLocaleLowerCase('en').normalize('NFC');
const words = (text: string) => folded(text).split(/\s+/);

/** Without bounds every todo passes; with a bound, todos without a due date do not. */
function isDueBetween(
  dueAt: string | undefined,
  after: string | undefined,
  before: string | undefined,
): boolean {
  if (after === undefined && before === undefined) return true;
  const due = Date.parse(dueAt ?? '');
  return due >= Date.parse(after ?? '0000-01-01') && due < Date.parse(before ?? '9999-12-31');
}

function contains(todo: Todo, search: string | undefined): boolean {
  if (search === undefined) return true;
  const text = folded([todo.title, todo.description ?? '', ...todo.tags].join('\n'));
  return words(search).every((word) => text.includes(word));
}

const matches = (todo: Todo, { status, priority, tag, search, ...due }: TodoQuery): boolean =>
  (status === 'all' || todo.status === status) &&
  (priority === undefined || todo.priority === priority) &&
  (tag === undefined || todo.tags.some((one) => one.normalize('NFC') === tag)) &&
  isDueBetween(todo.due_at, due.due_after, due.due_before) &&
  contains(todo, search);

/** Sorts after every date and title. */
const LAST = '\u{10FFFF}';

/** Sort key as text; the id makes it unique. */
function placeIn(todo: Todo, sort: TodoQuery['sort']): string {
  const key = {
    created: () => '',
    due: () => (todo.due_at === undefined ? LAST : new Date(todo.due_at).toISOString()),
    priority: () => String(PRIORITIES.length - PRIORITIES.indexOf(todo.priority)),
    title: () => folded(todo.title).slice(0, 60).toWellFormed(),
  }[sort]();
  return `${key}\u0000${todo.id}`;
}

const Place = z.string().refine((place) => Ulid.safeParse(place.split('\u0000').at(-1)).success);

function parsePageStart(cursor: string | undefined): string {
  if (cursor === undefined) return '';
  const place = Place.safeParse(parseCursor(cursor));
  if (!place.success) throw new AppError('invalid_input', 'Invalid cursor.');
  return place.data;
}

/** One page. A cursor is a position in the order, so concurrent inserts and deletions do not shift other todos. */
export function toTodoPage(
  todos: readonly Todo[],
  query: TodoQuery,
): { todos: Todo[]; next_cursor: string | null } {
  const start = parsePageStart(query.cursor);
  const placed = todos
    .filter((todo) => matches(todo, query))
    .map((todo) => ({ todo, place: placeIn(todo, query.sort) }))
    .filter(({ place }) => place > start)
    .toSorted((a, b) => (a.place < b.place ? -1 : 1));
  const page = placed.slice(0, query.limit);
  const last = page.at(-1);
  const more = placed.length > page.length && last !== undefined;
  return { todos: page.map(({ todo }) => todo), next_cursor: more ? formatCursor(last.place) : null };
}
