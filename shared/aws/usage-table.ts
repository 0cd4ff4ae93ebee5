// Usage counters on the content table: pk `U#<ownerId>`, sk `USAGE#<day>`, one number per action and result; and sk
// `USED#<day>`, usage of tool calls, one number per `<tool|provider|key>:<name>:<what>`. A marker in the control table,
// written in the same transaction, makes repeated deliveries of an event idempotent.
import { AppError } from '#shared/core/errors.ts';
import type { AuditedEvent, UsageStore } from '#shared/audit/usage.ts';

import { erasureKey } from './erasure-table.ts';
import { write } from './transaction.ts';

/** Longer than any event can be redelivered: the stream keeps 24 h, the dead-letter queue 14 days. */
const MARKER_SECONDS = 15 * 24 * 3600;

export function usageTable(tables: { content: string; control: string; now: () => number }): UsageStore {
  const { content, control, now } = tables;
  return {
    unlessCounted: (event: AuditedEvent) =>
      write(
        {
          Put: {
            TableName: control,
            Item: {
              pk: `EVENT#${event.eventId}`,
              sk: 'usage',
              ttl: Math.floor(now() / 1000) + MARKER_SECONDS,
            },
            ConditionExpression: 'attribute_not_exists(pk)',
          },
        },
        () => new AppError('conflict', 'This event was counted already.'),
      ),

    count: (event: AuditedEvent) =>
      write(
        {
          Update: {
            TableName: content,
            Key: { pk: `U#${event.ownerId}`, sk: `USAGE#${event.ts.slice(0, 10)}` },
            UpdateExpression: 'ADD #counter :one',
            ExpressionAttributeNames: { '#counter': `${event.act}:${event.result}` },
            ExpressionAttributeValues: { ':one': 1 },
          },
        },
        () => new AppError('internal'), // it has no condition to fail
      ),

    use: (event, counters) => {
      const added = [...counters].map(([name, amount], n) => ({ name, amount, at: `c${n}` }));
      return write(
        {
          Update: {
            TableName: content,
            Key: { pk: `U#${event.ownerId}`, sk: `USED#${event.ts.slice(0, 10)}` },
            UpdateExpression: `ADD ${added.map(({ at }) => `#${at} :${at}`).join(', ')}`,
            ExpressionAttributeNames: Object.fromEntries(added.map(({ at, name }) => [`#${at}`, name])),
            ExpressionAttributeValues: Object.fromEntries(added.map(({ at, amount }) => [`:${at}`, amount])),
          },
        },
        () => new AppError('internal'), // it has no condition to fail
      );
    },

    unlessErased: (event: AuditedEvent) =>
      write(
        {
          ConditionCheck: {
            TableName: control,
            Key: erasureKey(event.ownerId),
            ConditionExpression: 'attribute_not_exists(pk) OR finishedAt < :ts',
            ExpressionAttributeValues: { ':ts': event.ts },
          },
        },
        () => new AppError('conflict', 'The owner of this event has left.'),
      ),
  };
}
