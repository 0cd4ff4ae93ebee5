import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, it } from 'vitest';

import { readPage } from '#shared/aws/read-page.ts';

const db = mockClient(DynamoDBDocumentClient);
beforeEach(() => void db.reset());

const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-central-1' }));
const key = (n: number) => ({ pk: 'U#a', sk: `${n}` });
const read = (limit: number) => readPage(client, { TableName: 't' }, { limit });

it('a page turns at most ten pages of the table, and says where to go on, also where it found nothing', async () => {
  db.on(QueryCommand).callsFake(({ ExclusiveStartKey }: { ExclusiveStartKey?: { sk: string } }) => ({
    Items: [],
    LastEvaluatedKey: key(Number(ExclusiveStartKey?.sk ?? 0) + 1),
  }));
  expect(await read(5)).toEqual({ rows: [], next: '10', place: key(10) });
  expect(db.calls()).toHaveLength(10);
});

it('a page goes on after its last row where there are more, and nowhere where there are none', async () => {
  db.on(QueryCommand)
    .resolvesOnce({ Items: [key(1), key(2), key(3)] })
    .resolvesOnce({ Items: [key(3)] });
  expect(await read(2)).toEqual({ rows: [key(1), key(2)], next: '2', place: key(2) });
  expect(await read(2)).toEqual({ rows: [key(3)] });
});

it('a page is filled from as many pages of the table as it takes', async () => {
  db.on(QueryCommand)
    .resolvesOnce({ Items: [key(1)], LastEvaluatedKey: key(5) })
    .resolvesOnce({ Items: [key(6), key(7)] });
  expect((await read(2)).rows).toEqual([key(1), key(6)]);
  const starts = db.commandCalls(QueryCommand).map(({ args }) => args[0].input.ExclusiveStartKey);
  expect(starts).toEqual([undefined, key(5)]);
});
