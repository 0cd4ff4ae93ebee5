// Notices on the content table: pk `U#<ownerId>`, sk `NOTICE#<id>`, the id derived from the notice's subject. The index
// `notices` contains them by owner and time, and no other rows: only notices have `noticeOf`.
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { Notice, type NoticeList, type NoticeStore } from '#shared/notices/notice.ts';

import { readPage } from './read-page.ts';
import { write } from './transaction.ts';

const PREFIX = 'NOTICE#';
const INDEX = 'notices';

const noticeId = (sk: unknown): string => String(sk).slice(PREFIX.length);

const noticeKey = (ownerId: OwnerId, id: string) => ({ pk: `U#${ownerId}`, sk: `${PREFIX}${id}` });

export function noticeTable(TableName: string): NoticeStore {
  function setOf(ownerId: OwnerId, { id, ...fields }: Notice) {
    const given = Object.entries({ ...fields, noticeOf: ownerId }).filter(([, value]) => value !== undefined);
    return {
      TableName,
      Key: noticeKey(ownerId, id),
      UpdateExpression: `SET ${given.map(([name]) => `#${name} = if_not_exists(#${name}, :${name})`).join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(given.map(([name]) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(given.map(([name, value]) => [`:${name}`, value])),
    };
  }

  return {
    raise: (ownerId, notice) => write({ Update: setOf(ownerId, notice) }, () => new AppError('internal')), // it has no condition to fail

    raiseOnce: (ownerId, notice) =>
      write(
        { Update: { ...setOf(ownerId, notice), ConditionExpression: 'attribute_not_exists(pk)' } },
        () => new AppError('conflict', 'This notice was raised before.'),
      ),

    markRead: (ownerId, id, at) =>
      write(
        {
          Update: {
            TableName,
            Key: noticeKey(ownerId, id),
            UpdateExpression: 'SET read_at = if_not_exists(read_at, :at)',
            ConditionExpression: 'attribute_exists(pk)',
            ExpressionAttributeValues: { ':at': at },
          },
        },
        () => new AppError('not_found', 'You have no such notice.'),
      ),
  };
}

/** End of a page: `<time>#<id>`. */
const PLACE = /^(?<time>[0-9TZ:.-]{24})#(?<id>[\w.~-]{1,256})$/;

function keyAt(ownerId: OwnerId, place: string) {
  const { time, id } = PLACE.exec(place)?.groups ?? {};
  if (!time || !id) throw new AppError('invalid_input', 'Invalid cursor.');
  return { ...noticeKey(ownerId, id), noticeOf: ownerId, created_at: time };
}

/** Read from the index, which is eventually consistent: a new notice may appear a moment later. */
export function noticeList(db: DynamoDBDocumentClient, TableName: string): NoticeList {
  return {
    async page(ownerId, { unread }, { limit, after }) {
      const query = {
        TableName,
        IndexName: INDEX,
        KeyConditionExpression: 'noticeOf = :ownerId',
        ...(unread && { FilterExpression: 'attribute_not_exists(read_at)' }),
        ExpressionAttributeValues: { ':ownerId': ownerId },
        ScanIndexForward: false,
      };
      const from = after === undefined ? undefined : keyAt(ownerId, after);
      const key = ['noticeOf', 'created_at'];
      const { rows, place } = await readPage(db, query, { limit, after: from, key });
      return {
        notices: rows.map((row) => Notice.parse({ ...row, id: noticeId(row['sk']) })),
        ...(place && { next: `${place['created_at']}#${noticeId(place['sk'])}` }),
      };
    },
  };
}
