// Some of the callers of the exactness tests, in a process of their own:
// `node rate-callers.ts <endpoint> <table> <calls> [share of answers lost] [seconds its clock is wrong]`.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';

import { rateTable } from '#shared/aws/rate-table.ts';
import { learnFrom, storeMicroseconds } from '#shared/aws/store-clock.ts';
import { AppError } from '#shared/core/errors.ts';
import { createAdmit } from '#shared/limits/gcra.ts';

const [endpoint = '', table = '', calls = '0', lost = '0', skewSeconds = '0'] = process.argv.slice(2);

const rightNow = Date.now;
Date.now = () => rightNow() + Number(skewSeconds) * 1000;

const client = new DynamoDBClient({
  endpoint,
  region: 'eu-central-1',
  credentials: { accessKeyId: 'root', secretAccessKey: 'root' },
});
client.middlewareStack.add(
  (next) => async (args) => {
    const answer = await next(args);
    learnFrom((answer.response as { headers?: Record<string, string> }).headers?.['date']);
    return answer;
  },
  { step: 'deserialize', name: 'storeClock', priority: 'low' },
);
// Inside the retries: the store has done it, nobody hears of it, and the SDK asks again.
client.middlewareStack.add(
  (next) => async (args) => {
    const answer = await next(args);
    if (Math.random() < Number(lost)) throw Object.assign(new Error('lost'), { name: 'TimeoutError' });
    return answer;
  },
  { step: 'finalizeRequest', name: 'lossy', priority: 'low' },
);
const db = DynamoDBDocumentClient.from(client);
const admit = createAdmit({ store: rateTable(db, table), now: storeMicroseconds });

/** One call an hour in the long run: within the test nothing but the burst is admitted. */
const limit = { perMinute: 1 / 60, burst: 100 };

/** A caller whose answer was lost for good comes again, as one with a retry button does. */
async function call(): Promise<'admitted' | 'refused'> {
  for (;;) {
    try {
      await admit(`everybody ${lost} ${Math.abs(Number(skewSeconds))}`, limit, { scope: 'owner' });
      return 'admitted';
    } catch (error) {
      if (error instanceof AppError && error.code === 'rate_limited') return 'refused';
      if (!(error instanceof AppError) && (error as Error).name !== 'TimeoutError') throw error;
    }
  }
}

// As a function does, whose first call is to read the limits: from it on the store's clock is known.
await db
  .send(new GetCommand({ TableName: table, Key: { pk: 'LIMITS', sk: 'rates' } }))
  .catch(() => undefined);
const verdicts = await Promise.all(Array.from({ length: Number(calls) }, call));
process.send?.(verdicts.filter((verdict) => verdict === 'admitted').length);
process.disconnect();
