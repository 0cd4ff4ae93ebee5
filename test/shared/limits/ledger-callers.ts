// Some of the callers of the exactness tests, in a process of their own, on the product's own ledger and audit. Tells its
// parent what became of them, or, told to hang, that it holds what it reserved.
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import { createWriters } from '#shared/audit/chain.ts';
import { createAudit } from '#shared/audit/audit.ts';
import { auditTable } from '#shared/aws/audit-table.ts';
import { ledgerTable } from '#shared/aws/ledger-table.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { deadlineIn } from '#shared/core/deadline.ts';
import { type AppError, asAppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { Budgets } from '#shared/limits/budgets.ts';
import { createSpending } from '#shared/limits/spending.ts';
import { costOf, worstCaseOf } from '#shared/providers/prices.ts';

export type Order = {
  readonly endpoint: string;
  readonly control: string;
  /** Takes the audit records; any table will do. */
  readonly records: string;
  readonly ownerId: string;
  /** Number of concurrent callers. */
  readonly calls: number;
  /** Limit of calls a day. */
  readonly limit: number;
  /** Address of the provider. Absent: reserve, and hang until killed. */
  readonly provider?: string;
};
export type Report = { readonly admitted: number; readonly rejected: number; readonly tries: number };

const order = JSON.parse(process.argv[2] ?? '{}') as Order;
const ownerId = order.ownerId as OwnerId;
const MODEL = 'gpt-4.1-mini';
/** So many callers on so small a machine are slow, and nobody ends them as a function is ended. */
const DEADLINE_MS = 900_000;

const db = DynamoDBDocumentClient.from(
  new DynamoDBClient({
    endpoint: order.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'root', secretAccessKey: 'root' },
    maxAttempts: 3,
  }),
);
const audit = createAudit({
  store: auditTable(order.records, createWriters({ now: Date.now })),
  commit: transaction(db),
  now: Date.now,
});

type Tokens = { input_tokens: number; output_tokens: number };
const spending = createSpending<Tokens>({
  store: ledgerTable(db, order.control),
  budgets: Budgets.parse({ user: { day: { calls: order.limit } }, auditor: {}, operator: {}, admin: {} }),
  worstCaseOf,
  costOf: ({ input_tokens: inputTokens, output_tokens: outputTokens }) => ({
    provider: 'openai',
    cost: costOf('openai', MODEL, { inputTokens, outputTokens }),
  }),
  slowDown: async () => {},
  warn: () => [],
  now: Date.now,
});

const ask = (url: string): Promise<Tokens> =>
  new Promise((resolve, reject) => {
    request(url, { method: 'POST' }, (answer) => {
      void text(answer).then((body) => resolve(JSON.parse(body) as Tokens), reject);
    })
      .on('error', reject)
      .end();
  });

const draft = (requestId: string) => ({
  ownerId,
  category: 'api_call' as const,
  act: 'tool.called' as const,
  requestId,
});
const begin = (requestId: string) => {
  const account = spending({ ownerId, roles: ['user'], requestId, deadline: deadlineIn(DEADLINE_MS) });
  const reserved = account.reserve(
    { provider: 'openai', model: MODEL, inputBytes: 1000, maxOutputTokens: 1000 },
    (writes) => audit.commit({ ...draft(requestId), result: 'attempted' }, writes),
  );
  return { account, reserved };
};

async function once(requestId: string): Promise<'admitted' | AppError> {
  const { account, reserved } = begin(requestId);
  try {
    await reserved;
    const served = await ask(order.provider ?? '');
    await account.settle({ served }, (writes, charge) =>
      audit.commit({ ...draft(requestId), result: 'succeeded', meta: charge }, writes),
    );
    return 'admitted';
  } catch (thrown) {
    const error = asAppError(thrown);
    // Rejections are not recorded here: a thousand callers who come again would measure the trail and not the ledger.
    await account.settle({ error }, async (writes) => {
      if (writes.length === 0) return;
      await audit.commit({ ...draft(requestId), result: 'failed', code: error.code }, writes);
    });
    return error;
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
let tries = 0;

/** Comes again as long as it is told to come soon, as a patient client does. */
async function caller(_: unknown, n: number): Promise<boolean> {
  for (let tried = 0; ; tried += 1) {
    tries += 1;
    const outcome = await once(`${process.pid}-${n}-${tried}`).catch(asAppError);
    if (outcome === 'admitted') return true;
    const wait = Number(outcome.details['retry_after_seconds'] ?? 1);
    if (outcome.status === 429 && wait > 5) return false;
    await pause(Math.min(30, wait * (tried + 1)) * (500 + Math.random() * 1000));
  }
}

if (order.provider === undefined) {
  await Promise.all(Array.from({ length: order.calls }, (_, n) => begin(`${process.pid}-${n}`).reserved));
  process.send?.('holding');
  setInterval(() => {}, 1000);
} else {
  const admitted = await Promise.all(Array.from({ length: order.calls }, caller));
  const count = admitted.filter(Boolean).length;
  process.send?.({ admitted: count, rejected: admitted.length - count, tries } satisfies Report);
  process.disconnect();
}
