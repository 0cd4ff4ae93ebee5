// Some of the callers of the cache's proofs, in a process of their own:
// `node cache-callers.ts <endpoint> <table> <upstream URL> <calls> <comma-separated owners> [milliseconds a caller has]`.
// Reports `ready`, waits for a message, and reports the answers of each owner.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import { deadlineIn } from '#shared/core/deadline.ts';

import { cacheInstance, createLookup } from './cached-tool.ts';

const [endpoint = '', TableName = '', upstream = '', calls = '0', owners = '', remainingMs = '30000'] =
  process.argv.slice(2);

const db = DynamoDBDocumentClient.from(
  new DynamoDBClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'root', secretAccessKey: 'root' },
  }),
);
const events: Record<string, number> = {};
const cache = cacheInstance({
  db,
  TableName,
  observe: (event) => void (events[event] = (events[event] ?? 0) + 1),
});
const lookUp = createLookup(async (owner, question, { signal }) => {
  const response = await fetch(`${upstream}/${owner}?question=${question}&pid=${process.pid}`, { signal });
  return response.text();
}, cache);

async function callsOf(owner: string): Promise<[string, string[]]> {
  const made = Array.from({ length: Number(calls) }, async (_, n) =>
    lookUp({
      owner,
      question: 'the-same',
      deadline: deadlineIn(Number(remainingMs)),
      requestId: `${process.pid} ${owner} ${n}`,
    }),
  );
  return [owner, await Promise.all(made)];
}

process.once('message', () => {
  void (async () => {
    const answers = Object.fromEntries(await Promise.all(owners.split(',').map(callsOf)));
    process.send?.({ answers, events });
    process.disconnect();
  })();
});
process.send?.('ready');
