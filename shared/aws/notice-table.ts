// Notices on the content table: pk `U#<uid>`, sk `NOTICE#<id>`, the id derived from the notice's subject. The index
// `notices` contains them by owner and time, and no other rows: only notices have `noticeOf`.
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import { AppError } from '#shared/core/errors.ts';
import type { Uid } from '#shared/core/ids.ts';
import { Notice, type NoticeList, type NoticeStore } from '#shared/notices/notice.ts';

import { readPage } from './read-page.ts';
import { write } from './transaction.ts';

const PREFIX = 'NOTICE#';
const INDEX = 'notices';

const noticeId = (sk: unknown): string => String(sk).slice(PREFIX.length);

const noticeKey = (uid: Uid, id: string) => ({ pk: `U#${uid}`, sk: `${PREFIX}${id}` });

export function noticeTable(TableName: string): NoticeStore {
  function setOf(uid: Uid, { id, ...fields }: Notice) {
    const given = Object.entries({ ...fields, noticeOf: uid }).filter(([, value]) => value !== undefined);
    return {
      TableName,
      Key: noticeKey(uid, id),
      UpdateExpression: `SET ${given.map(([name]) => `#${name} = if_not_exists(#${name}, :${name})`).join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(given.map(([name]) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(given.map(([name, value]) => [`:${name}`, value])),
    };
  }

  return {
    raise: (uid, notice) => write({ Update: setOf(uid, notice) }, () => new AppError('internal')), // it has no condition to fail

    raiseOnce: (uid, notice) =>
      write(
        { Update: { ...setOf(uid, notice), ConditionExpression: 'attribute_not_exists(pk)' } },
        () => new AppError('conflict', 'This notice was raised before.'),
      ),

    markRead: (uid, id, at) =>
      write(
        {
          Update: {
            TableName,
            Key: noticeKey(uid, id),
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

function keyAt(uid: Uid, place: string) {
  const { time, id } = PLACE.exec(place)?.groups ?? {};
  if (!time || !id) throw new AppError('invalid_input', 'Invalid cursor.');
  return { ...noticeKey(uid, id), noticeOf: uid, created_at: time };
}

/** Read from the index, which is eventually consistent: a new notice may appear a moment later. */
export function noticeList(db: DynamoDBDocumentClient, TableName: string): NoticeList {
  return {
    async page(uid, { unread }, { limit, after }) {
      const query = {
        TableName,
        IndexName: INDEX,
        KeyConditionExpression: 'noticeOf = :uid',
        ...(unread && { FilterExpression: 'attribute_not_exists(read_at)' }),
        ExpressionAttributeValues: { ':uid': uid },
        ScanIndexForward: false,
      };
      const from = after === undefined ? undefined : keyAt(uid, after);
      const key = ['noticeOf', 'created_at'];
      const { rows, place } = await readPage(db, query, { limit, after: from, key });
      return {
        notices: rows.map((row) => Notice.parse({ ...row, id: noticeId(row['sk']) })),
        ...(place && { next: `${place['created_at']}#${noticeId(place['sk'])}` }),
      };
    },
  };
}
