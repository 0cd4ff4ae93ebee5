// Every driver of a store port under one suite: the one in memory that unit tests use, and the product's own on both engines.
import { randomUUID } from 'node:crypto';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe } from 'vitest';

import { createDynamo, type Dynamo, type DynamoEngine } from '#local/dynamodb/dynamodb.ts';
import { transaction } from '#shared/aws/transaction.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { Commit } from '#shared/core/write.ts';
import { create, engines, site, temporaryFolder } from '#test/local/data-plane.ts';

/** Keys as in every table of the product, and the index of the audit table. */
const TABLE = {
  AttributeDefinitions: ['pk', 'sk', 'dayShard'].map((AttributeName) => ({
    AttributeName,
    AttributeType: 'S',
  })),
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'days',
      KeySchema: [
        { AttributeName: 'dayShard', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  Replicas: [{ Region: site.region }],
};

export type Table = {
  readonly db: DynamoDBDocumentClient;
  readonly TableName: string;
  readonly endpoint: string;
};

/** A store and the commit that carries its writes. */
export type Driver<Store> = { readonly store: Store; readonly commit: Commit };

/** `clock.ms` is the time that a driver reads, for those that read one. */
export type Clock = { ms: number };

type Makers<Store> = {
  /** Absent: unit tests state each answer themselves. */
  readonly memory?: (clock: Clock) => Driver<Store>;
  readonly table: (table: Table, clock: Clock) => Store;
};

const START = Date.UTC(2026, 10, 22, 12);

/** A new owner for each test, so that all tests of a file share one table. */
export const newUid = () => randomUUID().replaceAll('-', '').slice(0, 27) as OwnerId;

const clientOf = ({ endpoint }: Dynamo) =>
  DynamoDBDocumentClient.from(
    new DynamoDBClient({
      endpoint,
      region: site.region,
      credentials: { accessKeyId: 'root', secretAccessKey: 'root' },
    }),
    { marshallOptions: { removeUndefinedValues: true } },
  );

/** A table on an engine of its own, from before the first test of this description until after the last. */
export function useTable(engine: DynamoEngine): () => Table {
  const folder = temporaryFolder();
  let dynamo: Dynamo | undefined;
  let table: Table | undefined;
  beforeAll(async () => {
    dynamo = await createDynamo({ folder: folder.path, site, engine });
    await create(dynamo.types, 'AWS::DynamoDB::GlobalTable', TABLE, 'Rows');
    table = { db: clientOf(dynamo), TableName: 'Test-Rows', endpoint: dynamo.endpoint };
  });
  afterAll(async () => {
    table?.db.destroy();
    await dynamo?.stop();
    folder.remove();
  });
  return () => {
    if (!table) throw new Error('The table does not exist yet.');
    return table;
  };
}

/** Describes what holds for the product's driver alone, on every engine of this machine. */
export function onTables(port: string, suite: (table: () => Table) => void): void {
  for (const { engine, missing, title } of engines) {
    describe.skipIf(missing)(`${port} on ${title}`, () => suite(useTable(engine)));
  }
}

/** Describes the contract of a port on all of its drivers. A driver is made anew for each call. */
export function contractOf<Store>(
  port: string,
  { memory, table }: Makers<Store>,
  suite: (driver: () => Driver<Store> & { readonly clock: Clock }) => void,
): void {
  for (const make of memory ? [memory] : []) {
    describe(`${port} in memory`, () => {
      suite(() => {
        const clock = { ms: START };
        return { ...make(clock), clock };
      });
    });
  }
  onTables(port, (current) => {
    suite(() => {
      const clock = { ms: START };
      return { store: table(current(), clock), commit: transaction(current().db), clock };
    });
  });
}
