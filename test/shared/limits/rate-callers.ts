// Some of the callers of the exactness test, in a process of their own: `node rate-callers.ts <endpoint> <table> <calls>`.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import { rateTable } from '#shared/aws/rate-table.ts';
import { AppError } from '#shared/core/errors.ts';
import { createAdmit } from '#shared/limits/gcra.ts';

const [endpoint = '', table = '', calls = '0'] = process.argv.slice(2);
const client = new DynamoDBClient({
  endpoint,
  region: 'eu-central-1',
  credentials: { accessKeyId: 'root', secretAccessKey: 'root' },
});
const admit = createAdmit({
  store: rateTable(DynamoDBDocumentClient.from(client), table),
  now: () => Date.now() * 1000,
});

/** One call an hour in the long run: within the test nothing but the burst is admitted. */
const limit = { perMinute: 1 / 60, burst: 100 };

async function call(): Promise<'admitted' | 'refused'> {
  for (;;) {
    try {
      await admit('everybody', limit);
      return 'admitted';
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'rate_limited') return 'refused';
    }
  }
}

const verdicts = await Promise.all(Array.from({ length: Number(calls) }, call));
process.send?.(verdicts.filter((verdict) => verdict === 'admitted').length);
process.disconnect();
