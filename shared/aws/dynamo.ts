// One client per service and instance, created on first use. Endpoint and credentials come from the environment, as set
// by AWS.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import { lazy } from '#shared/core/lazy.ts';

import { BOUNDED } from './bounds.ts';
import { learnFrom } from './store-clock.ts';

export const dynamo = lazy(() => {
  const client = new DynamoDBClient(BOUNDED);
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      const { response } = answer as { response?: { headers?: Record<string, string> } };
      learnFrom(response?.headers?.['date']);
      return answer;
    },
    { step: 'deserialize', name: 'storeClock', priority: 'low' },
  );
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
});
