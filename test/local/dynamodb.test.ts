import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { DynamoDBClient, PutItemCommand, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';

import { createDynamo, type Dynamo } from '#local/dynamodb/dynamodb.ts';
import { createRootClient } from '#local/dynamodb/root-client.ts';
import { readCommandLine } from '#local/dynamodb/stale-process.ts';
import { parseTable } from '#local/dynamodb/table-definition.ts';

import { create, engines, site, temporaryFolder } from './data-plane.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const AttributeDefinitions = ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' }));
const KeySchema = [
  { AttributeName: 'pk', KeyType: 'HASH' },
  { AttributeName: 'sk', KeyType: 'RANGE' },
];
/** A table as CDK's TableV2 synthesises it. */
const globalTable = (more: object = {}) => ({
  AttributeDefinitions,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema,
  Replicas: [{ Region: site.region, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
  ...more,
});
const byOwner = {
  AttributeDefinitions: [...AttributeDefinitions, { AttributeName: 'owner', AttributeType: 'S' }],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by-owner',
      KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
};
const item = (sk: string, more: object = {}) => ({ pk: { S: 'U#1' }, sk: { S: sk }, ...more });

const client = ({ endpoint }: Dynamo) =>
  new DynamoDBClient({
    endpoint,
    region: site.region,
    credentials: { accessKeyId: 'ROOT', secretAccessKey: 'x' },
  });
const createTable = (dynamo: Dynamo, properties: object) =>
  create(dynamo.types, 'AWS::DynamoDB::GlobalTable', properties, 'Todos');
async function stored(dynamo: Dynamo) {
  const { Items = [] } = await client(dynamo).send(new ScanCommand({ TableName: 'Test-Todos' }));
  return new Set(Items.map(({ sk }) => sk?.S));
}

async function sequenceNumbers(dynamo: Dynamo) {
  const root = createRootClient(dynamo.endpoint);
  const StreamArn = dynamo.streams()['Todos'];
  const { StreamDescription } = (await root.call('DescribeStream', { StreamArn })) as {
    StreamDescription: { Shards: { ShardId: string }[] };
  };
  const ShardId = StreamDescription.Shards[0]?.ShardId;
  const from = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' };
  const { ShardIterator } = await root.call('GetShardIterator', from);
  const { Records } = (await root.call('GetRecords', { ShardIterator })) as {
    Records: { dynamodb: { SequenceNumber: string } }[];
  };
  root.close();
  return Records.map(({ dynamodb }) => dynamodb.SequenceNumber);
}

describe.each(engines)('DynamoDB on $title', ({ engine, missing }) => {
  let folder = temporaryFolder();
  const running: Dynamo[] = [];
  const children: ChildProcess[] = [];
  const start = async () => {
    const dynamo = await createDynamo({ folder: folder.path, site, engine, now: () => NOW });
    running.push(dynamo);
    return dynamo;
  };
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const dynamo of running.splice(0)) await dynamo.stop();
    folder.remove();
    folder = temporaryFolder();
  });
  it.skipIf(missing)('creates the template’s table and names it as AWS would', async () => {
    const dynamo = await start();
    const StreamSpecification = { StreamViewType: 'NEW_IMAGE' };
    const { ref, attributes } = await createTable(dynamo, globalTable({ ...byOwner, StreamSpecification }));
    expect(ref).toBe('Test-Todos');
    expect(attributes).toMatchObject({
      Arn: `arn:aws:dynamodb:${site.region}:${site.account}:table/Test-Todos`,
      StreamArn: expect.stringContaining(':table/Test-Todos/stream/'),
    });
    expect(dynamo.tables()).toEqual({ Todos: 'Test-Todos' });
    expect(dynamo.streams()).toEqual({ Todos: attributes?.['StreamArn'] });
    expect(dynamo.tableKeys('Test-Todos')).toEqual({ partitionKey: 'pk', indexes: { 'by-owner': 'owner' } });
  });

  it.skipIf(missing)(
    'finds all data at the next start, and adds an index the template has gained',
    async () => {
      const first = await start();
      await createTable(first, globalTable());
      await client(first).send(
        new PutItemCommand({ TableName: 'Test-Todos', Item: item('1', { owner: { S: 'alice' } }) }),
      );
      await first.stop();
      const second = await start();
      await createTable(second, globalTable(byOwner));
      const found = await client(second).send(
        new QueryCommand({
          TableName: 'Test-Todos',
          IndexName: 'by-owner',
          KeyConditionExpression: '#owner = :owner',
          ExpressionAttributeNames: { '#owner': 'owner' },
          ExpressionAttributeValues: { ':owner': { S: 'alice' } },
        }),
      );
      expect(found.Items).toHaveLength(1);
    },
  );

  it.skipIf(missing)('rejects, by its name, a table whose keys the template has changed', async () => {
    const dynamo = await start();
    await createTable(dynamo, globalTable());
    const changed = {
      AttributeDefinitions: AttributeDefinitions.slice(0, 1),
      KeySchema: KeySchema.slice(0, 1),
    };
    await expect(createTable(dynamo, globalTable(changed))).rejects.toThrow('Test-Todos');
  });

  it.skipIf(missing)('deletes what has expired, and nothing else', async () => {
    const dynamo = await start();
    await createTable(
      dynamo,
      globalTable({ TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true } }),
    );
    const seconds = NOW / 1000;
    const ttls = {
      expired: { N: String(seconds - 1) },
      later: { N: String(seconds + 86_400 * 365 * 10) },
      // Years ago: a wrong unit rather than an old item, and AWS leaves it.
      ancient: { N: '1000' },
      text: { S: 'soon' },
    };
    for (const [sk, ttl] of Object.entries(ttls)) {
      await client(dynamo).send(new PutItemCommand({ TableName: 'Test-Todos', Item: item(sk, { ttl }) }));
    }
    await client(dynamo).send(new PutItemCommand({ TableName: 'Test-Todos', Item: item('never') }));
    await dynamo.sweep();
    expect(await stored(dynamo)).toEqual(new Set(['ancient', 'later', 'never', 'text']));
  });

  it.skipIf(missing)(
    'loses nothing that was acknowledged when stack and engine go down by SIGKILL',
    async () => {
      const script = fileURLToPath(import.meta.resolve('./killed-stack.ts'));
      const child = spawn(process.execPath, [script, folder.path, engine], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      let output = '';
      for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
        output += chunk.toString();
        if (output.includes('acknowledged 5\n')) break;
      }
      const [pid] = readFileSync(join(folder.path, 'dynamodb', 'engine.pid'), 'utf8').split('\n');
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      expect(readCommandLine(Number(pid))).toContain(folder.path); // the orphan still holds the data

      const dynamo = await start();
      expect(readCommandLine(Number(pid))).toBe('');
      await createTable(dynamo, globalTable());
      expect(await stored(dynamo)).toEqual(new Set(['1', '2', '3', '4', '5']));
    },
  );
});

describe('DynamoDB', () => {
  it('deletes stream records after a day and keeps their sequence numbers increasing', async () => {
    const folder = temporaryFolder();
    const inTwoDays = Date.now() + 2 * 86_400_000;
    const dynamo = await createDynamo({
      folder: folder.path,
      site,
      engine: 'dynoxide',
      now: () => inTwoDays,
    });
    await createTable(dynamo, globalTable({ StreamSpecification: { StreamViewType: 'KEYS_ONLY' } }));
    const put = (sk: string) =>
      client(dynamo).send(new PutItemCommand({ TableName: 'Test-Todos', Item: item(sk) }));
    for (const sk of ['1', '2', '3']) await put(sk);
    await dynamo.sweep();
    await put('4');
    expect(await sequenceNumbers(dynamo)).toEqual(['3', '4']);
    await dynamo.stop();
    folder.remove();
  });

  it('does not kill another process that reuses the pid of an old engine', async () => {
    const folder = temporaryFolder();
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    mkdirSync(join(folder.path, 'dynamodb'));
    writeFileSync(join(folder.path, 'dynamodb', 'engine.pid'), `${bystander.pid}\n/elsewhere/dynoxide.db\n`);
    const dynamo = await createDynamo({ folder: folder.path, site, engine: 'dynoxide' });
    expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    bystander.kill('SIGKILL');
    await dynamo.stop();
    folder.remove();
  });

  it.each([
    ['two regions', { Replicas: [{ Region: 'eu-central-1' }, { Region: 'eu-west-1' }] }, 'one region'],
    ['a resource policy', { Replicas: [{ Region: 'eu-central-1', ResourcePolicy: {} }] }, 'ResourcePolicy'],
    ['TTL without attribute', { TimeToLiveSpecification: { Enabled: true } }, 'TTL without attribute'],
    ['no key schema', { KeySchema: undefined }, 'KeySchema'],
  ])('rejects a table with %s before it is created', async (_what, more, text) => {
    expect(() => parseTable('Todos', globalTable(more))).toThrow(text);
  });
});
