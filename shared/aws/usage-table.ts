// Usage counters on the content table: pk `U#<ownerId>`, sk `USAGE#<day>`, one number per action and result; and sk
// `USED#<day>`, usage of tool calls, one number per `<tool|provider|key>:<name>:<what>`. `counted:to` of the first row is the
// position in the stream up to which both contain the owner's events, so that no event is counted twice.
import type { UsageBatch, UsageStore } from '#shared/audit/usage.ts';
import { AppError } from '#shared/core/errors.ts';

import { erasureKey } from './erasure-table.ts';
import { write } from './transaction.ts';

const POSITION = 'counted:to';

/** `ADD` of each counter. */
function adding(counters: ReadonlyMap<string, number>) {
  const added = [...counters].map(([name, amount], n) => ({ name, amount, at: `c${n}` }));
  return {
    expression: `ADD ${added.map(({ at }) => `#${at} :${at}`).join(', ')}`,
    names: Object.fromEntries(added.map(({ at, name }) => [`#${at}`, name])),
    values: Object.fromEntries(added.map(({ at, amount }) => [`:${at}`, amount])),
  };
}

const keyOf = ({ ownerId, day }: UsageBatch, kind: 'USAGE' | 'USED') => ({
  pk: `U#${ownerId}`,
  sk: `${kind}#${day}`,
});

export function usageTable({ content, control }: { content: string; control: string }): UsageStore {
  return {
    count(batch) {
      const { expression, names, values } = adding(batch.actions);
      return write(
        {
          Update: {
            TableName: content,
            Key: keyOf(batch, 'USAGE'),
            UpdateExpression: `${expression} SET #position = :last`,
            ConditionExpression: 'attribute_not_exists(#position) OR #position < :first',
            ExpressionAttributeNames: { ...names, '#position': POSITION },
            ExpressionAttributeValues: { ...values, ':first': batch.first, ':last': batch.last },
          },
        },
        (row) =>
          new AppError('conflict', 'An event of this batch was counted already.', {
            counted_to: row?.[POSITION],
          }),
      );
    },

    use(batch) {
      const { expression, names, values } = adding(batch.uses);
      return write(
        {
          Update: {
            TableName: content,
            Key: keyOf(batch, 'USED'),
            UpdateExpression: expression,
            ExpressionAttributeNames: names,
            ExpressionAttributeValues: values,
          },
        },
        () => new AppError('internal'), // it has no condition to fail
      );
    },

    unlessErased: ({ ownerId, since }) =>
      write(
        {
          ConditionCheck: {
            TableName: control,
            Key: erasureKey(ownerId),
            ConditionExpression: 'attribute_not_exists(pk) OR finishedAt < :since',
            ExpressionAttributeValues: { ':since': since },
          },
        },
        () => new AppError('conflict', 'The owner of these events has left.'),
      ),
  };
}
