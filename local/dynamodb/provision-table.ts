// Migrates the engine's table to the template's definition and keeps its data. A change that would lose data is rejected.
import { setTimeout as sleep } from 'node:timers/promises';

import * as z from 'zod';

import { EngineError, type RootClient } from './root-client.ts';
import {
  createTableInput,
  streamSpecification,
  type TableDefinition,
  ttlAttribute,
} from './table-definition.ts';

const Keys = z.array(z.object({ AttributeName: z.string(), KeyType: z.string() }));
const Index = z.object({ IndexName: z.string(), IndexStatus: z.string().optional(), KeySchema: Keys });
const Described = z.object({
  TableStatus: z.string(),
  TableId: z.string().optional(),
  KeySchema: Keys,
  GlobalSecondaryIndexes: z.array(Index).default([]),
  StreamSpecification: z
    .object({ StreamEnabled: z.boolean(), StreamViewType: z.string().optional() })
    .optional(),
  LatestStreamArn: z.string().optional(),
});
type Described = z.output<typeof Described>;

const ACTIVE_MS = 30_000;

/** Resolves once table and indexes are active. */
export async function provisionTable(client: RootClient, table: TableDefinition): Promise<Described> {
  const { TableName } = table;
  const existing = await find(client, TableName);
  if (!existing) await client.call('CreateTable', createTableInput(table));
  else await update(client, { table, existing });
  await active(client, TableName);
  await provisionTtl(client, table);
  return active(client, TableName);
}

async function find(client: RootClient, TableName: string): Promise<Described | undefined> {
  try {
    const { Table } = await client.call('DescribeTable', { TableName });
    return Described.parse(Table);
  } catch (error) {
    if (error instanceof EngineError && error.type === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

async function update(client: RootClient, change: { table: TableDefinition; existing: Described }) {
  const { table, existing } = change;
  const { TableName, AttributeDefinitions } = table;
  if (!sameKeys(existing.KeySchema, table.KeySchema)) {
    throw new Error(`Table ${TableName} has data under another key schema; move the data folder away`);
  }
  for (const index of table.GlobalSecondaryIndexes) {
    const known = existing.GlobalSecondaryIndexes.find(({ IndexName }) => IndexName === index.IndexName);
    if (known && !sameKeys(known.KeySchema, index.KeySchema)) {
      throw new Error(`Index ${TableName}/${index.IndexName} exists with another key schema`);
    }
    if (known) continue;
    const GlobalSecondaryIndexUpdates = [{ Create: index }];
    await client.call('UpdateTable', { TableName, AttributeDefinitions, GlobalSecondaryIndexUpdates });
    await active(client, TableName);
  }
  const wanted = streamSpecification(table);
  const enabled = existing.StreamSpecification?.StreamEnabled ?? false;
  if (enabled !== wanted.StreamEnabled) {
    await client.call('UpdateTable', { TableName, StreamSpecification: wanted });
  }
}

async function provisionTtl(client: RootClient, table: TableDefinition): Promise<void> {
  const { TableName } = table;
  const AttributeName = ttlAttribute(table);
  const Ttl = z.object({ TimeToLiveStatus: z.string().optional(), AttributeName: z.string().optional() });
  const { TimeToLiveDescription } = await client.call('DescribeTimeToLive', { TableName });
  const current = Ttl.parse(TimeToLiveDescription ?? {});
  const on = current.TimeToLiveStatus === 'ENABLED' ? current.AttributeName : undefined;
  if (on === AttributeName) return;
  const set = (name: string, Enabled: boolean) =>
    client.call('UpdateTimeToLive', {
      TableName,
      TimeToLiveSpecification: { AttributeName: name, Enabled },
    });
  if (on !== undefined) await set(on, false);
  if (AttributeName !== undefined) await set(AttributeName, true);
}

async function active(client: RootClient, TableName: string): Promise<Described> {
  const deadline = Date.now() + ACTIVE_MS;
  while (Date.now() < deadline) {
    const described = await find(client, TableName).catch(busy);
    const indexes = described?.GlobalSecondaryIndexes ?? [];
    const building = indexes.some(({ IndexStatus = 'ACTIVE' }) => IndexStatus !== 'ACTIVE');
    if (described?.TableStatus === 'ACTIVE' && !building) return described;
    await sleep(20);
  }
  throw new Error(`Table ${TableName} is not active after ${ACTIVE_MS / 1000} s`);
}

/** DynamoDB Local returns InternalFailure at times while it builds an index: retried until the deadline. */
function busy(error: unknown): undefined {
  if (error instanceof EngineError && error.type === 'InternalFailure') return undefined;
  throw error;
}

const sameKeys = (left: Described['KeySchema'], right: Described['KeySchema']) =>
  JSON.stringify(named(left)) === JSON.stringify(named(right));
const named = (keys: Described['KeySchema']) =>
  keys.map(({ AttributeName, KeyType }) => `${KeyType} ${AttributeName}`).toSorted();
