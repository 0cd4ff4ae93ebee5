// Registered tools on the content table: pk `U#<ownerId>` for one person's, `SHARED` for shared ones, sk `TOOL#<name>`.
// `doc` is the tool as JSON, because its schemas may exceed the depth of the table's maps.
import { type DynamoDBDocumentClient, GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';

import { AppError } from '#shared/core/errors.ts';
import { RegisteredTool, type RegisteredToolStore, type Shelf, shelfOf } from '#shared/tools/registered.ts';

import { write } from './transaction.ts';

const PREFIX = 'TOOL#';
const shelfPartition = (shelf: Shelf) => (shelf === 'shared' ? 'SHARED' : `U#${shelf}`);
const toolKey = (shelf: Shelf, name: string) => ({ pk: shelfPartition(shelf), sk: `${PREFIX}${name}` });

const parse = ({ doc }: Readonly<Record<string, unknown>>): RegisteredTool =>
  RegisteredTool.parse(JSON.parse(String(doc)));

const toItem = (tool: RegisteredTool) => ({
  ...toolKey(shelfOf(tool), tool.name),
  fmt: 1,
  revision: tool.revision,
  doc: JSON.stringify(tool),
});

const atVersion = (seen: number) => ({
  ConditionExpression: 'revision = :seen',
  ExpressionAttributeValues: { ':seen': seen },
});

const changed = (current?: Readonly<Record<string, unknown>>) =>
  current
    ? new AppError('conflict', 'This tool was changed by another request.')
    : new AppError('not_found', 'Tool not found.');

export function toolTable(db: DynamoDBDocumentClient, TableName: string): RegisteredToolStore {
  return {
    async find(shelf, name) {
      const { Item } = await db.send(
        new GetCommand({ TableName, Key: toolKey(shelf, name), ConsistentRead: true }),
      );
      return Item && parse(Item);
    },

    async list(shelf) {
      const query = {
        TableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': shelfPartition(shelf), ':prefix': PREFIX },
        ConsistentRead: true,
      };
      const tools: RegisteredTool[] = [];
      for await (const { Items = [] } of paginateQuery({ client: db }, query)) {
        tools.push(...Items.map(parse));
      }
      return tools;
    },

    insert: (tool) =>
      write(
        { Put: { TableName, Item: toItem(tool), ConditionExpression: 'attribute_not_exists(pk)' } },
        () => new AppError('conflict', 'There is a tool of this name already.', { tool_name: tool.name }),
      ),

    replace: (tool) =>
      write({ Put: { TableName, Item: toItem(tool), ...atVersion(tool.revision - 1) } }, changed),

    remove: (tool) =>
      write(
        { Delete: { TableName, Key: toolKey(shelfOf(tool), tool.name), ...atVersion(tool.revision) } },
        changed,
      ),
  };
}
