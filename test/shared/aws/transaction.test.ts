import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DynamoDBDocumentClient,
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';

import { sessionTable } from '#shared/aws/session-table.ts';
import { isLostWrite, transaction, write } from '#shared/aws/transaction.ts';
import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { Contention } from '#shared/core/write.ts';

const db = mockClient(DynamoDBDocumentClient);
beforeEach(() => void db.reset());

const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-central-1' }));
const commit = transaction(client);

/** A write whose rejection tells its name and the row that stood in its way. */
const put = (name: string) =>
  write(
    { Put: { TableName: 't', Item: { pk: name }, ConditionExpression: 'attribute_not_exists(pk)' } },
    (row) => new AppError('conflict', name, { row }),
  );

const $metadata = { httpStatusCode: 400 };
const cancelled = (...codes: (string | [string, string])[]) =>
  new TransactionCanceledException({
    message: 'canary',
    $metadata,
    CancellationReasons: codes.map((code) => {
      const [Code, pk] = [code].flat();
      return { ...(Code !== undefined && { Code }), ...(pk !== undefined && { Item: { pk: { S: pk } } }) };
    }),
  });
const outage = (name: string) => Object.assign(new Error('canary'), { name, $metadata });

const failure = async (writes: Parameters<typeof commit>[0]) => {
  try {
    await commit(writes);
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('a commit of one write', () => {
  it('is one conditional write, which brings the row as it is', async () => {
    db.on(PutCommand).rejectsOnce(
      new ConditionalCheckFailedException({ message: 'canary', $metadata, Item: { pk: { S: 'there' } } }),
    );
    expect(await failure([put('a')])).toMatchObject({ message: 'a', details: { row: { pk: 'there' } } });
    expect(db.commandCalls(PutCommand)[0]?.args[0].input).toMatchObject({
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    expect(db.calls()).toHaveLength(1);
  });

  it('is rejected without a row where there is none', async () => {
    db.on(PutCommand).rejectsOnce(new ConditionalCheckFailedException({ message: 'canary', $metadata }));
    expect(await failure([put('a')])).toMatchObject({ message: 'a', details: { row: undefined } });
  });

  it.each([
    ['a plain update', { Update: { TableName: 't', Key: {}, UpdateExpression: 'SET a = b' } }, UpdateCommand],
    [
      'a check, which only a transaction can hold',
      {
        ConditionCheck: {
          TableName: 't',
          Key: {},
          ConditionExpression: 'a = b',
          UpdateExpression: undefined,
        },
      },
      TransactWriteCommand,
    ],
  ] as const)('is %s', async (_kind, item, command) => {
    db.onAnyCommand().resolves({});
    await commit([write(item, () => new AppError('internal'))]);
    expect(db.commandCalls(command as typeof UpdateCommand)).toHaveLength(1);
  });
});

describe('a cancelled transaction', () => {
  it.each<[string, TransactionCanceledException, string]>([
    ['the first write', cancelled(['ConditionalCheckFailed', 'row'], 'None'), 'a'],
    ['the second write', cancelled('None', ['ConditionalCheckFailed', 'row']), 'b'],
    ['both, by the first', cancelled(['ConditionalCheckFailed', 'row'], 'ConditionalCheckFailed'), 'a'],
    ['a write beside a conflict', cancelled('TransactionConflict', ['ConditionalCheckFailed', 'row']), 'b'],
  ])('is rejected by %s, with its row', async (_which, error, name) => {
    db.on(TransactWriteCommand).rejects(error);
    expect(await failure([put('a'), put('b')])).toMatchObject({
      message: name,
      details: { row: { pk: 'row' } },
    });
    expect(db.calls()).toHaveLength(1);
  });

  it('is tried again where others touched the same rows, and holds then', async () => {
    const conflict = cancelled('TransactionConflict', 'None');
    db.on(TransactWriteCommand)
      .rejectsOnce(conflict)
      .rejectsOnce(conflict)
      .rejectsOnce(conflict)
      .resolves({});
    await commit([put('a'), put('b')]);
    expect(db.calls()).toHaveLength(4);
    for (const { args } of db.commandCalls(TransactWriteCommand)) {
      const { TransactItems = [] } = args[0].input;
      expect(TransactItems.map(({ Put }) => Put?.Item)).toEqual([{ pk: 'a' }, { pk: 'b' }]);
      expect(TransactItems.every(({ Put }) => Put?.ReturnValuesOnConditionCheckFailure === 'ALL_OLD')).toBe(
        true,
      );
    }
  });

  it('is contention after four conflicts, and says when to come again', async () => {
    db.on(TransactWriteCommand).rejects(cancelled('TransactionConflict', 'TransactionConflict'));
    const error = await failure([put('a'), put('b')]);
    expect(error).toBeInstanceOf(Contention);
    expect(error).toMatchObject({ code: 'unavailable', details: { retry_after_seconds: 1 } });
    expect(db.calls()).toHaveLength(4);
  });

  it.each([
    ['was throttled', cancelled('ThrottlingError', 'None')],
    ['exceeded its throughput', cancelled('None', 'ProvisionedThroughputExceeded')],
    ['was not valid', cancelled('ValidationError', 'None')],
    ['is too large', cancelled('ItemCollectionSizeLimitExceeded', 'None')],
    ['says nothing of why', cancelled()],
  ])('is thrown as it is, once, where it %s', async (_why, error) => {
    db.on(TransactWriteCommand).rejects(error);
    expect(await failure([put('a'), put('b')])).toBe(error);
    expect(db.calls()).toHaveLength(1);
  });
});

describe('a store that is down', () => {
  it.each(['ThrottlingException', 'InternalServerError', 'TimeoutError', 'TransactionInProgressException'])(
    'is thrown as it is: %s',
    async (name) => {
      const error = outage(name);
      db.onAnyCommand().rejects(error);
      expect(await failure([put('a')])).toBe(error);
      expect(await failure([put('a'), put('b')])).toBe(error);
    },
  );
});

describe('a write that was lost to another request', () => {
  it('is distinguished from an outage', () => {
    const lost = [new Contention(), new AppError('conflict'), new AppError('not_found')];
    expect(lost.map(isLostWrite)).toEqual([true, true, true]);
    const others = [
      new AppError('unavailable'),
      new AppError('internal'),
      outage('x'),
      cancelled(),
      undefined,
    ];
    expect(others.map(isLostWrite)).toEqual([false, false, false, false, false]);
  });
});

describe('a session that is looked up', () => {
  const store = sessionTable(client, 't');

  it('is not let in by half an answer: a row left out by the store is an outage', async () => {
    db.on(BatchGetCommand).resolves({
      Responses: { t: [] },
      UnprocessedKeys: { t: { Keys: [{ pk: 'SESSION#u', sk: 'one#s' }] } },
    });
    await expect(store.look('u' as OwnerId, 's')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('is asked for by one strongly consistent read', async () => {
    db.on(BatchGetCommand).resolves({ Responses: { t: [] } });
    await store.look('u' as OwnerId, 's');
    expect(db.calls()).toHaveLength(1);
    const { RequestItems } = db.commandCalls(BatchGetCommand)[0]?.args[0].input ?? {};
    expect(RequestItems).toMatchObject({ t: { ConsistentRead: true } });
  });
});
