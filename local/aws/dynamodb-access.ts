// Which IAM actions on which resources a DynamoDB call needs, and the condition keys AWS derives from its input.
import type { TableKeys } from '#local/dynamodb/dynamodb.ts';
import type { Context } from '#local/iam/conditions.ts';

import { attributesIn, type Names, partitionPlaceholder } from './expressions.ts';

export type Access = { readonly action: string; readonly resource: string; readonly context: Context };

export type Tables = {
  readonly arnOf: (tableName: string) => string;
  readonly keysOf: (tableName: string) => TableKeys | undefined;
};

type Json = Readonly<Record<string, unknown>>;
type Reader = (input: Json, tables: Tables) => readonly Access[];

const ITEM_OPERATIONS = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan'];
const TABLE_OPERATIONS = ['DescribeTable', 'DescribeTimeToLive'];
const TRANSACTION_ACTIONS = {
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
} as const;

/** Undefined for an operation the local stack does not offer; empty where the input names no table. */
export function accessesOf(operation: string, input: unknown, tables: Tables): readonly Access[] | undefined {
  return READERS[operation]?.(record(input), tables);
}

const READERS: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries(ITEM_OPERATIONS.map((name) => [name, itemReader(name)])),
  ...Object.fromEntries(TABLE_OPERATIONS.map((name) => [name, tableReader(name)])),
  ListTables: () => [{ action: 'dynamodb:ListTables', resource: '*', context: {} }],
  BatchGetItem: (input, tables) =>
    Object.entries(record(input['RequestItems'])).map(([table, request]) =>
      batch('BatchGetItem', { table, tables, parts: keysAsParts(record(request)) }),
    ),
  BatchWriteItem: (input, tables) =>
    Object.entries(record(input['RequestItems'])).map(([table, requests]) =>
      batch('BatchWriteItem', { table, tables, parts: list(requests).map(writeAsPart) }),
    ),
  TransactGetItems: (input, tables) => transaction('TransactGetItems', input, tables),
  TransactWriteItems: (input, tables) => transaction('TransactWriteItems', input, tables),
};

function itemReader(operation: string): Reader {
  return (input, tables) => {
    const name = tableNameOf(input);
    return name === undefined ? [] : [single(`dynamodb:${operation}`, { name, input, tables })];
  };
}

function tableReader(operation: string): Reader {
  return (input, { arnOf }) => {
    const name = tableNameOf(input);
    return name === undefined
      ? []
      : [{ action: `dynamodb:${operation}`, resource: arnOf(name), context: {} }];
  };
}

/** A read or write of one table or index. */
function single(
  action: string,
  { name, input, tables }: { name: string; input: Json; tables: Tables },
): Access {
  const index = text(input['IndexName']);
  const keys = tables.keysOf(name);
  const partitionKey = index === undefined ? keys?.partitionKey : keys?.indexes[index];
  const leading = partitionKey === undefined ? [] : leadingKeys(input, partitionKey);
  const select = text(input['Select']);
  const returnValues = text(input['ReturnValues']);
  return {
    action,
    resource: index === undefined ? tables.arnOf(name) : `${tables.arnOf(name)}/index/${index}`,
    context: {
      ...keyContext(leading, attributesOf(input)),
      ...(select !== undefined && { 'dynamodb:Select': select }),
      ...(returnValues !== undefined && { 'dynamodb:ReturnValues': returnValues }),
    },
  };
}

function transaction(operation: string, input: Json, tables: Tables): readonly Access[] {
  return list(input['TransactItems']).flatMap((item) =>
    Object.entries(TRANSACTION_ACTIONS).flatMap(([member, action]) => {
      const part = record(record(item)[member]);
      const name = tableNameOf(part);
      if (name === undefined) return [];
      const access = single(`dynamodb:${action}`, { name, input: part, tables });
      return [{ ...access, context: { ...access.context, 'dynamodb:EnclosingOperation': operation } }];
    }),
  );
}

function batch(operation: string, of: { table: string; tables: Tables; parts: readonly Json[] }): Access {
  const { table, tables, parts } = of;
  const name = nameIn(table);
  const partitionKey = tables.keysOf(name)?.partitionKey;
  const leading = partitionKey === undefined ? [] : parts.flatMap((part) => leadingKeys(part, partitionKey));
  return {
    action: `dynamodb:${operation}`,
    resource: tables.arnOf(name),
    context: keyContext([...new Set(leading)], [...new Set(parts.flatMap(attributesOf))]),
  };
}

const keysAsParts = (request: Json): Json[] =>
  list(request['Keys']).map((Key) => ({ ...request, Keys: undefined, Key }));

function writeAsPart(request: unknown): Json {
  const { PutRequest, DeleteRequest } = record(request);
  return { ...record(PutRequest), ...record(DeleteRequest) };
}

const keyContext = (leading: readonly string[], attributes: readonly string[]): Context => ({
  ...(leading.length > 0 && { 'dynamodb:LeadingKeys': leading }),
  ...(attributes.length > 0 && { 'dynamodb:Attributes': attributes }),
});

function leadingKeys(input: Json, partitionKey: string): string[] {
  const direct = record(input['Key'])[partitionKey] ?? record(input['Item'])[partitionKey];
  return [direct ?? queriedKey(input, partitionKey)].flatMap(scalar);
}

function queriedKey(input: Json, partitionKey: string): unknown {
  const condition = text(input['KeyConditionExpression']);
  if (condition === undefined) {
    return list(record(record(input['KeyConditions'])[partitionKey])['AttributeValueList'])[0];
  }
  const placeholder = partitionPlaceholder(condition, partitionKey, namesOf(input));
  return placeholder === undefined ? undefined : record(input['ExpressionAttributeValues'])[placeholder];
}

const EXPRESSIONS = [
  'ConditionExpression',
  'FilterExpression',
  'KeyConditionExpression',
  'ProjectionExpression',
  'UpdateExpression',
];
const MAPS = ['Item', 'Key', 'AttributeUpdates', 'Expected', 'KeyConditions', 'QueryFilter', 'ScanFilter'];

function attributesOf(input: Json): string[] {
  const named = MAPS.flatMap((member) => Object.keys(record(input[member])));
  const listed = list(input['AttributesToGet']).filter((each) => typeof each === 'string');
  const mentioned = EXPRESSIONS.flatMap((member) => attributesIn(text(input[member]) ?? '', namesOf(input)));
  return [...new Set([...named, ...listed, ...mentioned])];
}

const namesOf = (input: Json) => record(input['ExpressionAttributeNames']) as Names;

function tableNameOf(input: Json): string | undefined {
  const name = text(input['TableName']);
  return name === undefined ? undefined : nameIn(name);
}

/** AWS takes an ARN for a name. */
const nameIn = (name: string) => name.replace(/^arn:.*:table\//, '');

/** An attribute value of a key, as IAM compares it. */
function scalar(value: unknown): string[] {
  const { S, N, B } = record(value);
  return [S ?? N ?? B].filter((each) => typeof each === 'string');
}

const record = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
