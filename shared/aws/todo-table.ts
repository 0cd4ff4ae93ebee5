// The TodoStore on the content table: pk `U#<ownerId>`, sk `TODO#<ulid>`, so a query lists them oldest first.
import { type DynamoDBDocumentClient, GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';

import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { Todo, type TodoStore } from '#shared/todo/todo.ts';

import { write } from './transaction.ts';

const PREFIX = 'TODO#';
const todoKey = (owner: OwnerId, id: string) => ({ pk: `U#${owner}`, sk: `${PREFIX}${id}` });

/** Optimistic locking: a write is conditional on the version it was derived from. */
const atVersion = (version: number) => ({
  ConditionExpression: '#version = :seen',
  ExpressionAttributeNames: { '#version': 'version' },
  ExpressionAttributeValues: { ':seen': version },
});

function changed(current?: Readonly<Record<string, unknown>>): AppError {
  if (!current) return new AppError('not_found', 'Todo not found.');
  return new AppError('conflict', 'This todo was changed by another request.', {
    current: Todo.parse(current),
  });
}

export function todoTable(db: DynamoDBDocumentClient, TableName: string): TodoStore {
  return {
    async find(owner, id) {
      const { Item } = await db.send(
        new GetCommand({ TableName, Key: todoKey(owner, id), ConsistentRead: true }),
      );
      return Item && Todo.parse(Item);
    },

    async all(owner) {
      const query = {
        TableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': `U#${owner}`, ':prefix': PREFIX },
        ConsistentRead: true,
      };
      const todos: Todo[] = [];
      for await (const { Items = [] } of paginateQuery({ client: db }, query)) {
        todos.push(...Items.map((item) => Todo.parse(item)));
      }
      return todos;
    },

    insert(owner, todo) {
      const Item = { ...todoKey(owner, todo.id), fmt: 1, ...todo };
      return write(
        { Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' } },
        () => new AppError('conflict'),
      );
    },

    replace(owner, todo) {
      const Item = { ...todoKey(owner, todo.id), fmt: 1, ...todo };
      return write({ Put: { TableName, Item, ...atVersion(todo.version - 1) } }, changed);
    },

    remove(owner, todo) {
      const Key = todoKey(owner, todo.id);
      return write({ Delete: { TableName, Key, ...atVersion(todo.version) } }, changed);
    },
  };
}
