// A process that starts the engine, writes items one by one, says so, and waits to be killed.
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';

import { createDynamo, type DynamoEngine } from '#local/dynamodb/dynamodb.ts';

import { create, site } from './data-plane.ts';

const [, , folder = '', engine = ''] = process.argv;
const dynamo = await createDynamo({ folder, site, engine: engine as DynamoEngine });
await create(
  dynamo.types,
  'AWS::DynamoDB::GlobalTable',
  {
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  },
  'Todos',
);
const credentials = { accessKeyId: 'ROOT', secretAccessKey: 'x' };
const client = new DynamoDBClient({ endpoint: dynamo.endpoint, region: site.region, credentials });
for (let sk = 1; sk <= 5; sk += 1) {
  const Item = { pk: { S: 'U#1' }, sk: { S: String(sk) } };
  await client.send(new PutItemCommand({ TableName: 'Test-Todos', Item }));
  process.stdout.write(`acknowledged ${sk}\n`);
}
setTimeout(() => process.exit(1), 60_000);
