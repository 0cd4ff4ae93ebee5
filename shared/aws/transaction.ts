// The Commit port on DynamoDB: a single write is sent alone, several in one transaction.
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DeleteCommandInput,
  type DynamoDBDocumentClient,
  PutCommand,
  type PutCommandInput,
  TransactWriteCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';

import { AppError } from '#shared/core/errors.ts';
import {
  type Commit,
  type CommitOutcome,
  Contention,
  type OpenedItem,
  type Write,
} from '#shared/core/write.ts';

type WriteItem =
  | { readonly Put: PutCommandInput }
  | { readonly Delete: DeleteCommandInput }
  /** Condition check without a change. */
  | { readonly ConditionCheck: UpdateCommandInput & { readonly ConditionExpression: string } }
  | { readonly Update: UpdateCommandInput & { readonly UpdateExpression: string } };

/**
 * Requires a condition unless a write only adds to a row or sets an independent attribute, so that no change is
 * overwritten unread.
 */
export const write = (item: WriteItem, rejected: Write['rejected']): Write => ({ item, rejected });

/** A failed condition returns the current row, for the error's details. */
const ALL_OLD = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

const TRIES = 4;
const FIRST_PAUSE_MS = 20;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Rows in errors have the wire format. */
const rowIn = (item: Parameters<typeof unmarshall>[0] | undefined) => item && unmarshall(item);

/** A write in its commit. */
type OpenedWrite = OpenedItem & Pick<Write, 'rejected'>;

const openWrite = ({ item, open, rejected }: Write): OpenedWrite => ({
  ...(open?.() ?? { item, isApplied: () => false, settle: () => undefined }),
  rejected,
});

/** Error of the first write whose condition failed, if that was the cause. */
function rejectionIn(error: unknown, writes: readonly OpenedWrite[]): AppError | undefined {
  if (error instanceof ConditionalCheckFailedException) return writes[0]?.rejected(rowIn(error.Item));
  if (!(error instanceof TransactionCanceledException)) return undefined;
  const reasons = error.CancellationReasons ?? [];
  const failed = reasons.findIndex(({ Code }) => Code === 'ConditionalCheckFailed');
  return writes[failed]?.rejected(rowIn(reasons[failed]?.Item));
}

/** A repeat of a lone write after a lost response. Transactions have a token for this. */
function isAppliedBefore(error: unknown, writes: readonly OpenedWrite[]): boolean {
  const row = error instanceof ConditionalCheckFailedException ? rowIn(error.Item) : undefined;
  return row !== undefined && (writes[0]?.isApplied(row) ?? false);
}

/** Concurrent transaction on the same item: the outcome is undecided. */
const isContention = (error: unknown): boolean =>
  error instanceof TransactionCanceledException &&
  (error.CancellationReasons ?? []).some(({ Code }) => Code === 'TransactionConflict');

/** Detects that the row was changed after it was read, or is being changed concurrently. */
export const isLostWrite = (error: unknown): boolean =>
  error instanceof Contention ||
  (error instanceof AppError && (error.code === 'conflict' || error.code === 'not_found'));

function send(db: DynamoDBDocumentClient, writes: readonly OpenedWrite[]): Promise<unknown> {
  const items = writes.map(({ item }) => item as WriteItem);
  const [only] = items;
  if (items.length > 1 || only === undefined || 'ConditionCheck' in only) {
    return db.send(new TransactWriteCommand({ TransactItems: items.map(withCurrent) }));
  }
  if ('Put' in only) return db.send(new PutCommand({ ...only.Put, ...ALL_OLD }));
  if ('Delete' in only) return db.send(new DeleteCommand({ ...only.Delete, ...ALL_OLD }));
  return db.send(new UpdateCommand({ ...only.Update, ...ALL_OLD }));
}

function withCurrent(item: WriteItem) {
  if ('Put' in item) return { Put: { ...item.Put, ...ALL_OLD } };
  if ('Delete' in item) return { Delete: { ...item.Delete, ...ALL_OLD } };
  if ('ConditionCheck' in item) return { ConditionCheck: { ...item.ConditionCheck, ...ALL_OLD } };
  return { Update: { ...item.Update, ...ALL_OLD } };
}

/** Retries conflicts with full jitter. */
async function commitOpened(db: DynamoDBDocumentClient, writes: readonly OpenedWrite[]): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      await send(db, writes);
      return;
    } catch (error) {
      if (isAppliedBefore(error, writes)) return;
      const rejection = rejectionIn(error, writes);
      if (rejection) throw rejection;
      if (!isContention(error)) throw error;
      if (tried === TRIES) throw new Contention();
      await pause(Math.random() * FIRST_PAUSE_MS * 2 ** tried);
    }
  }
}

/** Every other error may follow an attempt that was made and whose response was lost. */
const commitOutcome = (error: unknown): CommitOutcome => (error instanceof AppError ? 'rejected' : 'unknown');

/** A transaction without a response is repeated safely by its token. */
export function transaction(db: DynamoDBDocumentClient): Commit {
  return async (writes) => {
    const opened = writes.map(openWrite);
    let outcome: CommitOutcome = 'committed';
    try {
      await commitOpened(db, opened);
    } catch (error) {
      outcome = commitOutcome(error);
      throw error;
    } finally {
      for (const { settle } of opened) settle(outcome);
    }
  };
}
