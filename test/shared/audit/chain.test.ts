import { PutCommand, type PutCommandInput, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';

import { type AuditDraft, createAudit } from '#shared/audit/audit.ts';
import { createWriters } from '#shared/audit/chain.ts';
import { leafHash } from '#shared/audit/merkle.ts';
import { CHAIN_START } from '#shared/audit/verification.ts';
import { auditTable } from '#shared/aws/audit-table.ts';
import { transaction, write } from '#shared/aws/transaction.ts';
import { AppError } from '#shared/core/errors.ts';

const db = mockClient(DynamoDBDocumentClient);
const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-central-1' }));

const draft: AuditDraft = {
  ownerId: 'u',
  category: 'system',
  act: 'key.expired',
  result: 'succeeded',
  requestId: 'r',
};
const leafOf = (rec: string) => leafHash(rec).toString('hex');
const parse = (rec: string) => JSON.parse(rec) as Record<string, unknown>;

/** Records in the order in which they were sent. */
const sent = () => db.commandCalls(PutCommand).map(({ args: [{ input }] }) => String(input.Item?.['rec']));

describe('the chain of audit records', () => {
  let nowMs = 0;
  const begin = () => {
    const writers = createWriters({ now: () => nowMs });
    return createAudit({ store: auditTable('t', writers), commit: transaction(client), now: () => nowMs });
  };
  beforeEach(() => {
    db.reset();
    nowMs = 0;
  });

  it('numbers the records of one writer, each naming the leaf hash of the one before', async () => {
    const audit = begin();
    for (let n = 0; n < 3; n += 1) await audit.commit(draft);
    const records = sent();
    expect(records.map((rec) => parse(rec)['seq'])).toEqual([1, 2, 3]);
    expect(records.map((rec) => parse(rec)['prev'])).toEqual([
      CHAIN_START,
      ...records.slice(0, 2).map((rec) => leafOf(rec)),
    ]);
    expect(new Set(records.map((rec) => parse(rec)['w'])).size).toBe(1);
  });

  it('gives concurrent commits writers of their own', async () => {
    const audit = begin();
    await Promise.all([audit.commit(draft), audit.commit(draft)]);
    await audit.commit(draft);
    const records = sent().map((rec) => parse(rec));
    expect(records.map(({ seq }) => seq)).toEqual([1, 1, 2]);
    expect(new Set(records.map(({ w }) => w)).size).toBe(2);
  });

  it('repeats the number of a record whose commit was rejected', async () => {
    const audit = begin();
    await audit.commit(draft);
    db.on(TransactWriteCommand).rejects(new AppError('conflict'));
    const change = write({ Delete: { TableName: 't', Key: { pk: 'x' } } }, () => new AppError('conflict'));
    await expect(audit.commit(draft, [change])).rejects.toThrow(AppError);
    await audit.commit(draft);
    expect(sent().map((rec) => parse(rec)['seq'])).toEqual([1, 2]);
  });

  it('abandons a writer whose last commit has an unknown outcome, and names it in the first record of the next', async () => {
    const audit = begin();
    await audit.commit(draft);
    db.on(PutCommand).rejects(new Error('socket hang up'));
    await expect(audit.commit(draft)).rejects.toThrow('socket hang up');
    db.on(PutCommand).resolves({});
    await audit.commit(draft);
    const [first, lost, next] = sent().map((rec) => parse(rec));
    expect(next).toMatchObject({ seq: 1, prev: CHAIN_START, abandons: { w: first?.['w'], seq: 2 } });
    expect([lost?.['w'], lost?.['seq']]).toEqual([first?.['w'], 2]);
    expect(next?.['w']).not.toBe(first?.['w']);
  });

  it('continues after a response that was lost, if the repeated write finds its own record', async () => {
    const audit = begin();
    db.on(PutCommand)
      .callsFakeOnce(({ Item }: PutCommandInput) => {
        const $metadata = { httpStatusCode: 400 };
        throw new ConditionalCheckFailedException({
          message: '',
          $metadata,
          Item: marshall(Item, { removeUndefinedValues: true }),
        });
      })
      .resolves({});
    await audit.commit(draft);
    await audit.commit(draft);
    expect(sent().map((rec) => parse(rec)['seq'])).toEqual([1, 2]);
  });

  it('leaves no gap for a record that is never committed', async () => {
    const audit = begin();
    audit.record(draft);
    await audit.commit(draft);
    expect(sent().map((rec) => parse(rec)['seq'])).toEqual([1]);
  });

  it('begins a new writer after half a day without a record', async () => {
    const audit = begin();
    await audit.commit(draft);
    nowMs = 12 * 3600_000;
    await audit.commit(draft);
    const [first, second] = sent().map((rec) => parse(rec));
    expect(second).toMatchObject({ seq: 1 });
    expect(second?.['w']).not.toBe(first?.['w']);
  });
});
