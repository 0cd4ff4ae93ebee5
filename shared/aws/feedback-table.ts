// Feedback on the content table. Answers: pk `FEEDBACK#<day>`, sk a random id, without owner and time. That an owner answered: pk
// `U#<ownerId>`, sk `FEEDBACK#<day>`.
import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import type { FeedbackStore } from '#shared/account/feedback.ts';
import type { DayFeedback } from '#shared/audit/report.ts';
import { AppError } from '#shared/core/errors.ts';

import { write } from './transaction.ts';

const partition = (day: string) => `FEEDBACK#${day}`;

export const feedbackTable = (TableName: string): FeedbackStore => ({
  unlessAnswered: (ownerId, day) =>
    write(
      {
        Put: {
          TableName,
          Item: { pk: `U#${ownerId}`, sk: partition(day), answered: true },
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
      () =>
        new AppError('conflict', 'You answered today already.', {
          next_step: 'Answer again tomorrow (UTC).',
        }),
    ),

  answer: (day, { id, confidence, text }) =>
    write(
      {
        Put: {
          TableName,
          Item: { pk: partition(day), sk: id, confidence, ...(text !== undefined && { text }) },
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
      () => new AppError('internal'), // 128 random bits
    ),
});

const Answers = z.array(z.object({ confidence: z.number(), text: z.string().optional() }));

export const answersOfDay =
  (db: DynamoDBDocumentClient, TableName: string) =>
  async (day: string): Promise<DayFeedback> => {
    const query = {
      TableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': partition(day) },
    };
    const found: unknown[] = [];
    for await (const { Items = [] } of paginateQuery({ client: db }, query)) found.push(...Items);
    return Answers.parse(found);
  };
