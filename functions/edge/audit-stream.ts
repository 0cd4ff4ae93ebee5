// Adapter of the audit table's stream: batches of new rows to a function, with a partial batch response.
import type { Context, DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';

import { AuditedEvent, type PositionedEvent } from '#shared/audit/usage.ts';

import { logger } from './log.ts';

const SEQUENCE_NUMBER_DIGITS = 40;

/** Streams of a restored table begin later and count from zero: their label, a time, goes first. */
function positionOf({ eventSourceARN = '', dynamodb }: DynamoDBRecord): string {
  const label = eventSourceARN.split('/stream/')[1] ?? '';
  return `${label}/${(dynamodb?.SequenceNumber ?? '').padStart(SEQUENCE_NUMBER_DIGITS, '0')}`;
}

/** `cached`, `stale` and the like, which only the record itself has. */
function outcomeIn(rec: string | undefined): string | undefined {
  try {
    const { meta } = JSON.parse(rec ?? '') as { meta?: { outcome?: unknown } };
    return typeof meta?.outcome === 'string' ? meta.outcome : undefined;
  } catch {
    return undefined;
  }
}

function parseRecord(record: DynamoDBRecord): PositionedEvent | undefined {
  const image = record.dynamodb?.NewImage ?? {};
  const plain = Object.fromEntries(
    Object.entries(image).flatMap(([name, { S }]) => (S === undefined ? [] : [[name, S]])),
  );
  const { data } = AuditedEvent.safeParse({ ...plain, outcome: outcomeIn(plain['rec']) });
  return data && { ...data, position: positionOf(record) };
}

/**
 * Wraps a consumer of new audit rows. It may receive a row twice, also in another batch. `run` returns the positions from which
 * rows must be delivered again: Lambda continues at the first of them, and after the last attempt describes it in the dead-letter queue.
 * A row that cannot be read never will be, and is left out.
 */
export function auditStreamConsumer(run: (events: readonly PositionedEvent[]) => Promise<readonly string[]>) {
  return async ({ Records }: DynamoDBStreamEvent, context: Context): Promise<DynamoDBBatchResponse> => {
    logger.addContext(context);
    const events = Records.flatMap((record) => {
      const event = parseRecord(record);
      if (!event) logger.error('invalid event', { code: 'unreadable_record', eventId: record.eventID });
      return event ?? [];
    });
    const failed = new Set(await run(events));
    if (failed.size > 0) logger.error('event processing failed', { failed: failed.size });
    const again = Records.filter((record) => failed.has(positionOf(record)));
    return {
      batchItemFailures: again.map(({ dynamodb }) => ({ itemIdentifier: dynamodb?.SequenceNumber ?? '' })),
    };
  };
}
