// Notices on the content table: pk `U#<uid>`, sk `NOTICE#<id>`.
import { AppError } from '#shared/core/errors.ts';
import type { NoticeStore } from '#shared/notices/notice.ts';

import { write } from './transaction.ts';

export function noticeTable(TableName: string): NoticeStore {
  return {
    raise(uid, { id, ...fields }) {
      const given = Object.entries(fields).filter(([, value]) => value !== undefined);
      return write(
        {
          Update: {
            TableName,
            Key: { pk: `U#${uid}`, sk: `NOTICE#${id}` },
            UpdateExpression: `SET ${given.map(([name]) => `#${name} = if_not_exists(#${name}, :${name})`).join(', ')}`,
            ExpressionAttributeNames: Object.fromEntries(given.map(([name]) => [`#${name}`, name])),
            ExpressionAttributeValues: Object.fromEntries(given.map(([name, value]) => [`:${name}`, value])),
          },
        },
        () => new AppError('internal'), // it has no condition to fail
      );
    },
  };
}
