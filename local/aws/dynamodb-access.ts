// IAM actions, resources and condition keys of a DynamoDB call, derived from its input as AWS does.
import type { TableKeys } from '#local/dynamodb/dynamodb.ts';
import type { Context } from '#local/iam/conditions.ts';

import { attributesIn, type Names, partitionPlaceholder } from './expressions.ts';

export type Access = { readonly action: string; readonly resource: string; readonly context: Context };

export type Tables = {
  readonly tableArn: (tableName: string) => string;
  readonly tableKeys: (tableName: string) => TableKeys | undefined;
};

type Json = Readonly<Record<string, unknown>>;
type Reader = (input: Json, tables: Tables) => readonly Access[];

const ITEM_OPERATIONS = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan'];
const TRANSACTION_ACTIONS = {
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
} as const;

/** Undefined for an unsupported operation; empty where the input names no table. */
export function requiredAccesses(
  operation: string,
  input: unknown,
  tables: Tables,
): readonly Access[] | undefined {
  return READERS[operation]?.(record(input), tables);
}

const READERS: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries(ITEM_OPERATIONS.map((name) => [name, itemReader(name)])),
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
    const name = tableNameIn(input);
    return name === undefined ? [] : [single(`dynamodb:${operation}`, { name, input, tables })];
  };
}

/** A read or write of one table or index. */
function single(
  action: string,
  { name, input, tables }: { name: string; input: Json; tables: Tables },
): Access {
  const index = text(input['IndexName']);
  const keys = tables.tableKeys(name);
  const partitionKey = index === undefined ? keys?.partitionKey : keys?.indexes[index];
  const leading = partitionKey === undefined ? [] : leadingKeys(input, partitionKey);
  const select = text(input['Select']);
  const returnValues = text(input['ReturnValues']);
  return {
    action,
    resource: index === undefined ? tables.tableArn(name) : `${tables.tableArn(name)}/index/${index}`,
    context: {
      ...keyContext(leading, mentionedAttributes(input)),
      ...(select !== undefined && { 'dynamodb:Select': select }),
      ...(returnValues !== undefined && { 'dynamodb:ReturnValues': returnValues }),
    },
  };
}

function transaction(operation: string, input: Json, tables: Tables): readonly Access[] {
  return list(input['TransactItems']).flatMap((item) =>
    Object.entries(TRANSACTION_ACTIONS).flatMap(([member, action]) => {
      const part = record(record(item)[member]);
      const name = tableNameIn(part);
      if (name === undefined) return [];
      const access = single(`dynamodb:${action}`, { name, input: part, tables });
      return [{ ...access, context: { ...access.context, 'dynamodb:EnclosingOperation': operation } }];
    }),
  );
}

function batch(operation: string, of: { table: string; tables: Tables; parts: readonly Json[] }): Access {
  const { table, tables, parts } = of;
  const name = nameIn(table);
  const partitionKey = tables.tableKeys(name)?.partitionKey;
  const leading = partitionKey === undefined ? [] : parts.flatMap((part) => leadingKeys(part, partitionKey));
  return {
    action: `dynamodb:${operation}`,
    resource: tables.tableArn(name),
    context: keyContext([...new Set(leading)], [...new Set(parts.flatMap(mentionedAttributes))]),
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
  const placeholder = partitionPlaceholder(condition, partitionKey, attributeNames(input));
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

function mentionedAttributes(input: Json): string[] {
  const named = MAPS.flatMap((member) => Object.keys(record(input[member])));
  const listed = list(input['AttributesToGet']).filter((each) => typeof each === 'string');
  const mentioned = EXPRESSIONS.flatMap((member) =>
    attributesIn(text(input[member]) ?? '', attributeNames(input)),
  );
  return [...new Set([...named, ...listed, ...mentioned])];
}

const attributeNames = (input: Json) => record(input['ExpressionAttributeNames']) as Names;

function tableNameIn(input: Json): string | undefined {
  const name = text(input['TableName']);
  return name === undefined ? undefined : nameIn(name);
}

/** AWS accepts an ARN in place of a name. */
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
