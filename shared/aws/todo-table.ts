// The TodoStore on the content table: pk `U#<uid>`, sk `TODO#<ulid>`, so a query lists them oldest first.
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';

import { AppError } from '#shared/core/errors.ts';
import type { Uid } from '#shared/core/ids.ts';
import { Todo, type TodoFilter, type TodoStore } from '#shared/todo/todo.ts';

import { readPage } from './read-page.ts';
import { write } from './transaction.ts';

const PREFIX = 'TODO#';
/** Sorts behind every ULID. */
const LAST = `${PREFIX}~`;

const keyOf = (owner: Uid, id: string) => ({ pk: `U#${owner}`, sk: `${PREFIX}${id}` });

const having = ({ status }: TodoFilter) =>
  status === 'all'
    ? {}
    : { FilterExpression: '#status = :status', ExpressionAttributeNames: { '#status': 'status' } };

export function todoTable(db: DynamoDBDocumentClient, TableName: string): TodoStore {
  return {
    async find(owner, id) {
      const { Item } = await db.send(
        new GetCommand({ TableName, Key: keyOf(owner, id), ConsistentRead: true }),
      );
      return Item && Todo.parse(Item);
    },

    async page(owner, filter, { limit, after }) {
      const query = {
        TableName,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
        ...having(filter),
        ExpressionAttributeValues: {
          ':pk': `U#${owner}`,
          ':first': PREFIX,
          ':last': LAST,
          ...(filter.status !== 'all' && { ':status': filter.status }),
        },
        ConsistentRead: true,
      };
      const from = after === undefined ? undefined : keyOf(owner, after);
      const { rows, next } = await readPage(db, query, { limit, after: from });
      const todos = rows.map((row) => Todo.parse(row));
      return { todos, ...(next !== undefined && { next: next.slice(PREFIX.length) }) };
    },

    insert(owner, todo) {
      const Item = { ...keyOf(owner, todo.id), fmt: 1, ...todo };
      return write(
        { Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' } },
        () => new AppError('conflict'),
      );
    },

    replace(owner, todo) {
      const Item = { ...keyOf(owner, todo.id), fmt: 1, ...todo };
      return write(
        {
          Put: {
            TableName,
            Item,
            ConditionExpression: '#version = :before',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':before': todo.version - 1 },
          },
        },
        () => new AppError('conflict', 'This todo was changed by another request.'),
      );
    },
  };
}
