// DynamoDB and its streams: a real engine with the template's tables; the data survives restarts.
import { join } from 'node:path';

import type { ResourceRequest, ResourceTypes, Site } from '#local/cloudformation/resource-type.ts';

import { startEngine } from './engine.ts';
import type { DynamoEngine } from './engine-command.ts';
import { provisionTable } from './provision-table.ts';
import { indexStreamRecords, trimStreamRecords } from './stream-records.ts';
import {
  HONOURED,
  parseTable,
  partitionKeyName,
  type TableDefinition,
  ttlAttribute,
} from './table-definition.ts';
import { createExpired, type Expired, sweep } from './ttl-sweep.ts';

export type { DynamoEngine } from './engine-command.ts';
export { missingFor } from './engine-command.ts';

/** Key attributes from which IAM derives `dynamodb:LeadingKeys`. */
export type TableKeys = {
  readonly partitionKey: string;
  /** Partition key by index name. */
  readonly indexes: Readonly<Record<string, string>>;
};

export type Dynamo = {
  /** AWS::DynamoDB::GlobalTable. */
  readonly types: ResourceTypes;
  /** The engine itself, with root access: tests and the pipe use it. */
  readonly endpoint: string;
  /** Table name by logical id. */
  readonly tables: () => Readonly<Record<string, string>>;
  /** True if TTL removed the item of this key. */
  readonly isExpired: Expired['has'];
  /** Stream ARN, as the engine names it, by logical id. */
  readonly streams: () => Readonly<Record<string, string>>;
  readonly tableKeys: (tableName: string) => TableKeys | undefined;
  readonly tableArn: (tableName: string) => string;
  /** Deletes expired items now, instead of at the next minute; says how many. */
  readonly sweep: () => Promise<number>;
  readonly stop: () => Promise<void>;
};

const SWEEP_MS = 60_000;
const CAPACITY = 'the local engine has no capacity limits';

export async function createDynamo(options: {
  folder: string;
  site: Site;
  engine: DynamoEngine;
  now?: () => number;
}): Promise<Dynamo> {
  const { site, now = Date.now } = options;
  const engine = await startEngine(join(options.folder, 'dynamodb'), options.engine);
  const tables = new Map<string, TableDefinition>();
  const streams: Record<string, string> = {};
  const expired = createExpired();
  const tableArn = (name: string) => `arn:aws:dynamodb:${site.region}:${site.account}:table/${name}`;
  if (engine.database !== undefined) indexStreamRecords(engine.database);

  async function create({ logicalId, physicalName, properties }: ResourceRequest) {
    const table = parseTable(physicalName, properties);
    const { LatestStreamArn, TableId = '' } = await provisionTable(engine.client, table);
    tables.set(logicalId, table);
    const streaming = table.StreamSpecification !== undefined && LatestStreamArn !== undefined;
    if (streaming) streams[logicalId] = LatestStreamArn;
    const attributes = {
      Arn: tableArn(physicalName),
      TableId,
      ...(streaming && { StreamArn: LatestStreamArn }),
    };
    return { ref: physicalName, attributes };
  }

  async function sweepAll(): Promise<number> {
    if (engine.database !== undefined) trimStreamRecords(engine.database, now());
    let deleted = 0;
    for (const table of tables.values()) {
      const ttl = ttlAttribute(table);
      if (ttl === undefined) continue;
      const keys = table.KeySchema.map(({ AttributeName }) => AttributeName);
      deleted += await sweep(engine.client, { name: table.TableName, ttl, keys }, { nowMs: now(), expired });
    }
    return deleted;
  }

  let sweeping: Promise<unknown> = Promise.resolve();
  // A failed sweep is retried a minute later: DynamoDB guarantees no prompt expiry.
  const timer = setInterval(() => {
    sweeping = sweeping.then(sweepAll).catch(() => {});
  }, SWEEP_MS).unref();

  return {
    types: tableTypes(create),
    endpoint: engine.endpoint,
    tables: () => Object.fromEntries([...tables].map(([id, { TableName }]) => [id, TableName])),
    streams: () => streams,
    isExpired: expired.has,
    tableKeys: (name) => tableKeys([...tables.values()].find(({ TableName }) => TableName === name)),
    tableArn,
    sweep: sweepAll,
    async stop() {
      clearInterval(timer);
      await sweeping;
      await engine.stop();
    },
  };
}

function tableKeys(table: TableDefinition | undefined): TableKeys | undefined {
  if (!table) return undefined;
  return {
    partitionKey: partitionKeyName(table.KeySchema),
    indexes: Object.fromEntries(
      table.GlobalSecondaryIndexes.map(({ IndexName, KeySchema }) => [
        IndexName,
        partitionKeyName(KeySchema),
      ]),
    ),
  };
}

function tableTypes(create: ResourceTypes[string]['create']): ResourceTypes {
  const ignores = {
    BillingMode: CAPACITY,
    SSESpecification: 'no encryption at rest',
    Tags: 'no billing',
    WarmThroughput: CAPACITY,
    WriteOnDemandThroughputSettings: CAPACITY,
    WriteProvisionedThroughputSettings: CAPACITY,
  };
  return { 'AWS::DynamoDB::GlobalTable': { honours: HONOURED, ignores, create } };
}
