// One client per service and instance, made on first use. Endpoint and credentials come from the environment, as AWS sets it.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import { once } from '#shared/core/once.ts';

import { BOUNDED } from './bounds.ts';

export const dynamo = once(() =>
  DynamoDBDocumentClient.from(new DynamoDBClient(BOUNDED), {
    marshallOptions: { removeUndefinedValues: true },
  }),
);
