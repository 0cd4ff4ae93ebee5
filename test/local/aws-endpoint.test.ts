import { createHash } from 'node:crypto';

import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { create, createRole, engines, policy, site, startDataPlane } from './data-plane.ts';

const root = `arn:aws:iam::${site.account}:root`;
const TableName = 'Test-Todos';
const item = (pk: string, more: object = {}) => ({ pk: { S: pk }, sk: { S: 'T#1' }, ...more });
const key = (pk: string) => ({ pk: { S: pk }, sk: { S: 'T#1' } });

const attribute = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' });
const hash = (AttributeName: string) => ({ AttributeName, KeyType: 'HASH' });
const put = (pk: string) => new PutItemCommand({ TableName, Item: item(pk) });
const get = (pk: string) => new GetItemCommand({ TableName, Key: key(pk) });
const batchGet = (...pks: string[]) =>
  new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: pks.map(key) } } });
const batchPut = (pk: string) =>
  new BatchWriteItemCommand({ RequestItems: { [TableName]: [{ PutRequest: { Item: item(pk) } }] } });
const query = (pk: string) =>
  new QueryCommand({
    TableName,
    KeyConditionExpression: 'begins_with(sk, :prefix) AND #p = :pk',
    ExpressionAttributeNames: { '#p': 'pk' },
    ExpressionAttributeValues: { ':pk': { S: pk }, ':prefix': { S: 'T#' } },
  });
const update = (UpdateExpression: string, name: string) =>
  new UpdateItemCommand({
    TableName,
    Key: key('U#exported'),
    UpdateExpression,
    ExpressionAttributeNames: { '#a': name },
    ExpressionAttributeValues: { ':v': { N: '1' } },
  });
const digest = (value = '') => createHash('sha256').update(value).digest('hex');
const denied = (action: string) =>
  expect.objectContaining({
    name: 'AccessDeniedException',
    message: expect.stringContaining(`is not authorized to perform: ${action} on resource: `),
  });

describe.each(engines)('the AWS endpoint in front of $title', ({ engine, missing }) => {
  let plane: Awaited<ReturnType<typeof startDataPlane>>;
  let tableArn = '';
  let keyArn = '';
  let roles = 0;
  beforeAll(async () => {
    if (missing) return;
    plane = await startDataPlane(engine);
    const { types } = plane;
    const properties = {
      AttributeDefinitions: ['pk', 'sk', 'owner'].map(attribute),
      KeySchema: [hash('pk'), { AttributeName: 'sk', KeyType: 'RANGE' }],
      GlobalSecondaryIndexes: [
        { IndexName: 'by-owner', KeySchema: [hash('owner')], Projection: { ProjectionType: 'ALL' } },
      ],
    };
    tableArn = (await create(types, 'AWS::DynamoDB::GlobalTable', properties, 'Todos')).arn;
    const KeyPolicy = policy({ Effect: 'Allow', Principal: { AWS: root }, Action: 'kms:*', Resource: '*' });
    keyArn = (await create(types, 'AWS::KMS::Key', { KeyPolicy }, 'VaultKey')).arn;
  });
  afterAll(() => plane?.stop());

  /** SDK clients of a function whose role has just these statements. */
  async function actingAs(...statements: object[]) {
    roles += 1;
    const roleArn = await createRole(plane.types, `Role${roles}`, ...statements);
    const credentials = plane.iam.credentialsFor(roleArn, `function-${roles}`);
    const options = { endpoint: plane.awsEndpoint.url, region: site.region, credentials };
    return { dynamodb: new DynamoDBClient(options), kms: new KMSClient(options), credentials, options };
  }
  const allow = (Action: string | string[], more: object = {}) => ({
    Effect: 'Allow',
    Action,
    Resource: tableArn,
    ...more,
  });
  /** Without retries. */
  async function actingOnce() {
    const { options } = await actingAs(allow('dynamodb:*'));
    return new DynamoDBClient({ ...options, maxAttempts: 1 });
  }
  const newest = () => plane.journal.all().at(-1);

  describe('for DynamoDB', () => {
    it.skipIf(missing)('lets an allowed call through and writes it into the journal', async () => {
      const { dynamodb } = await actingAs(allow(['dynamodb:PutItem', 'dynamodb:GetItem']));
      await dynamodb.send(new PutItemCommand({ TableName, Item: item('U#1', { title: { S: 'milk' } }) }));
      const { Item } = await dynamodb.send(new GetItemCommand({ TableName, Key: key('U#1') }));
      expect(Item).toMatchObject({ title: { S: 'milk' } });
      expect(newest()).toMatchObject({
        caller: `function-${roles}`,
        service: 'dynamodb',
        operation: 'GetItem',
        resources: [tableArn],
        allowed: true,
      });
    });

    it.skipIf(missing)(
      'rejects what the role lacks with AWS’s own error, before the engine sees it',
      async () => {
        const { dynamodb } = await actingAs(allow('dynamodb:GetItem'));
        await expect(dynamodb.send(put('U#refused'))).rejects.toEqual(denied('dynamodb:PutItem'));
        expect(newest()).toMatchObject({ operation: 'PutItem', allowed: false });
        expect(await dynamodb.send(get('U#refused'))).not.toHaveProperty('Item');
      },
    );

    it.skipIf(missing)('hands the engine’s own errors on', async () => {
      const { dynamodb } = await actingAs(allow('dynamodb:PutItem'));
      const conditional = new PutItemCommand({
        TableName,
        Item: item('U#x'),
        ConditionExpression: 'attribute_exists(pk)',
      });
      await expect(dynamodb.send(conditional)).rejects.toMatchObject({
        name: 'ConditionalCheckFailedException',
      });
    });

    it.skipIf(missing)('asks for the index, not the table, where an index is read', async () => {
      const byOwner = new QueryCommand({
        TableName,
        IndexName: 'by-owner',
        KeyConditionExpression: '#owner = :owner',
        ExpressionAttributeNames: { '#owner': 'owner' },
        ExpressionAttributeValues: { ':owner': { S: 'alice' } },
      });
      const table = await actingAs(allow('dynamodb:Query'));
      await expect(table.dynamodb.send(byOwner)).rejects.toEqual(denied('dynamodb:Query'));
      const index = await actingAs(allow('dynamodb:Query', { Resource: `${tableArn}/index/*` }));
      expect(await index.dynamodb.send(byOwner)).toMatchObject({ Items: [] });
      expect(newest()).toMatchObject({ resources: [`${tableArn}/index/by-owner`] });
    });

    it.skipIf(missing)('asks for every part of a transaction', async () => {
      const transaction = new TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName, Item: item('U#tx') } },
          {
            ConditionCheck: {
              TableName,
              Key: key('U#none'),
              ConditionExpression: 'attribute_not_exists(pk)',
            },
          },
        ],
      });
      const half = await actingAs(allow('dynamodb:PutItem'));
      await expect(half.dynamodb.send(transaction)).rejects.toEqual(denied('dynamodb:ConditionCheckItem'));
      const whole = await actingAs(allow(['dynamodb:PutItem', 'dynamodb:ConditionCheckItem']));
      await whole.dynamodb.send(transaction);
      expect(newest()).toMatchObject({ operation: 'TransactWriteItems', allowed: true });
    });

    it.skipIf(missing)('tells a transaction from a single write', async () => {
      const Condition = { StringEquals: { 'dynamodb:EnclosingOperation': 'TransactWriteItems' } };
      const { dynamodb } = await actingAs(allow('dynamodb:PutItem', { Condition }));
      const TransactItems = [{ Put: { TableName, Item: item('U#enclosed') } }];
      await dynamodb.send(new TransactWriteItemsCommand({ TransactItems }));
      await expect(dynamodb.send(put('U#enclosed'))).rejects.toEqual(denied('dynamodb:PutItem'));
    });

    it.skipIf(missing)('holds every operation to the leading keys of the policy', async () => {
      const Condition = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['U#own'] } };
      const { dynamodb } = await actingAs(allow('dynamodb:*', { Condition }));
      await dynamodb.send(query('U#own'));
      await dynamodb.send(batchGet('U#own'));
      await dynamodb.send(batchPut('U#own'));
      await expect(dynamodb.send(query('U#other'))).rejects.toEqual(denied('dynamodb:Query'));
      await expect(dynamodb.send(batchGet('U#own', 'U#other'))).rejects.toEqual(
        denied('dynamodb:BatchGetItem'),
      );
      await expect(dynamodb.send(batchPut('U#other'))).rejects.toEqual(denied('dynamodb:BatchWriteItem'));
    });

    it.skipIf(missing)('holds an update to the attributes of the policy', async () => {
      const Condition = { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk', 'sk', 'ttl'] } };
      const { dynamodb } = await actingAs(allow('dynamodb:UpdateItem', { Condition }));
      await dynamodb.send(update('SET #a = :v', 'ttl'));
      await expect(dynamodb.send(update('SET #a = :v', 'rec'))).rejects.toEqual(
        denied('dynamodb:UpdateItem'),
      );
      const hidden = update('SET #a = :v REMOVE rec.ttl, seq', 'ttl');
      await expect(dynamodb.send(hidden)).rejects.toEqual(denied('dynamodb:UpdateItem'));
    });

    it.skipIf(missing)('knows no operation that manages tables', async () => {
      const { options } = await actingAs(allow('dynamodb:*', { Resource: '*' }));
      const deletion = new DynamoDBClient(options).send(new DeleteTableCommand({ TableName }));
      await expect(deletion).rejects.toMatchObject({ name: 'UnknownOperationException' });
    });
  });

  describe('for KMS', () => {
    it.skipIf(missing)('lets a role use a key only in the encryption context its policy names', async () => {
      const Condition = { StringEquals: { 'kms:EncryptionContext:purpose': 'user-api-key' } };
      const actions = ['kms:GenerateDataKey', 'kms:Decrypt'];
      const { kms } = await actingAs(allow(actions, { Resource: keyArn, Condition }));
      const EncryptionContext = { purpose: 'user-api-key', ownerId: 'alice' };
      const made = await kms.send(
        new GenerateDataKeyCommand({ KeyId: keyArn, KeySpec: 'AES_256', EncryptionContext }),
      );
      const { CiphertextBlob } = made;
      const opened = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
      expect(opened.Plaintext).toEqual(made.Plaintext);
      expect(newest()).toMatchObject({
        operation: 'Decrypt',
        resources: [keyArn],
        encryptionContext: EncryptionContext,
      });
      const swapped = kms.send(
        new DecryptCommand({ CiphertextBlob, EncryptionContext: { ...EncryptionContext, ownerId: 'bob' } }),
      );
      await expect(swapped).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
      const other = kms.send(
        new DecryptCommand({ CiphertextBlob, EncryptionContext: { purpose: 'user-data' } }),
      );
      await expect(other).rejects.toEqual(denied('kms:Decrypt'));
      const encrypted = kms.send(
        new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('x'), EncryptionContext }),
      );
      await expect(encrypted).rejects.toEqual(denied('kms:Encrypt'));
      expect(newest()).toMatchObject({ operation: 'Encrypt', allowed: false });
    });
  });

  describe('for an unknown caller', () => {
    it.skipIf(missing).each([
      ['an access key nobody handed out', { accessKeyId: 'ASIASTRANGER' }, 'UnrecognizedClientException'],
      ['the token of another session', { sessionToken: 'other' }, 'UnrecognizedClientException'],
      ['a guessed secret', { secretAccessKey: 'guess' }, 'InvalidSignatureException'],
    ])('rejects %s', async (_what, forged, name) => {
      const { credentials, options } = await actingAs(allow('dynamodb:*'));
      const client = new DynamoDBClient({ ...options, credentials: { ...credentials, ...forged } });
      await expect(client.send(new ScanCommand({ TableName }))).rejects.toMatchObject({ name });
      expect(newest()).toMatchObject({ caller: 'unknown', allowed: false });
    });

    it.skipIf(missing)(
      'rejects a request that is not signed, and one changed after it was signed',
      async () => {
        const bare = await fetch(plane.awsEndpoint.url, { method: 'POST', body: '{}' });
        expect(await bare.text()).toContain('MissingAuthenticationTokenException');
        const { dynamodb } = await actingAs(allow('dynamodb:*'));
        dynamodb.middlewareStack.add(
          (next) => (args) => {
            const request = args.request as { body: Uint8Array };
            const text = new TextDecoder().decode(request.body);
            request.body = new TextEncoder().encode(text.replace('U#mine', 'U#your'));
            return next(args);
          },
          { step: 'finalizeRequest', priority: 'low' },
        );
        const changed = dynamodb.send(new GetItemCommand({ TableName, Key: key('U#mine') }));
        await expect(changed).rejects.toMatchObject({ name: 'InvalidSignatureException' });
      },
    );
  });

  describe('with a fault', () => {
    it.skipIf(missing)('rejects in AWS’s name without effect, until it is taken away', async () => {
      const dynamodb = await actingOnce();
      const CancellationReasons = [{ Code: 'TransactionConflict' }];
      const remove = plane.awsEndpoint.faults.inject(({ operation }) =>
        operation === 'PutItem'
          ? {
              kind: 'error',
              status: 400,
              type: 'TransactionCanceledException',
              message: 'conflict',
              extra: { CancellationReasons },
            }
          : undefined,
      );
      await expect(dynamodb.send(put('U#fault'))).rejects.toMatchObject({
        name: 'TransactionCanceledException',
        CancellationReasons,
      });
      expect(await dynamodb.send(get('U#fault'))).not.toHaveProperty('Item');
      remove();
      await dynamodb.send(put('U#fault'));
    });

    it.skipIf(missing)('loses the answer of a call that took effect', async () => {
      const dynamodb = await actingOnce();
      const remove = plane.awsEndpoint.faults.inject(({ operation }) =>
        operation === 'PutItem' ? { kind: 'lose' } : undefined,
      );
      await expect(dynamodb.send(put('U#lost'))).rejects.toMatchObject({ code: 'ECONNRESET' });
      remove();
      expect(await dynamodb.send(get('U#lost'))).toHaveProperty('Item');
    });

    it.skipIf(missing)('is not asked about what IAM rejects', async () => {
      const { dynamodb } = await actingAs();
      const remove = plane.awsEndpoint.faults.inject(() => ({ kind: 'lose' }));
      await expect(dynamodb.send(get('U#x'))).rejects.toEqual(denied('dynamodb:GetItem'));
      remove();
    });
  });

  it.skipIf(missing)('carries bodies unchanged', async () => {
    const { dynamodb } = await actingAs(allow('dynamodb:*'));
    const text = 'ä\u{1F511}"\\ '.repeat(20_000);
    await dynamodb.send(new PutItemCommand({ TableName, Item: item('U#big', { text: { S: text } }) }));
    const { Item } = await dynamodb.send(new GetItemCommand({ TableName, Key: key('U#big') }));
    expect(digest(Item?.['text']?.S)).toBe(digest(text));
  });
});
