// The ledger under a crowd: 1,000 callers in four processes, with and without answers lost on their way back.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, expect, it } from 'vitest';

import { costOf } from '#shared/providers/prices.ts';
import type { Order, Report } from '#test/shared/limits/ledger-callers.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const stops: (() => void)[] = [];
afterAll(() => {
  for (const stop of stops) stop();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A provider that keeps its own books: every call has other token counts. */
async function startProvider() {
  const books = { calls: 0, microUsd: 0 };
  const url = await serve((_incoming, response) => {
    books.calls += 1;
    const tokens = { input_tokens: 37 + books.calls, output_tokens: 11 * books.calls };
    const cost = costOf('openai', 'gpt-4.1-mini', {
      inputTokens: tokens.input_tokens,
      outputTokens: tokens.output_tokens,
    });
    books.microUsd += cost === 'unknown' ? Number.NaN : cost.costMicroUsd;
    response.end(JSON.stringify(tokens));
  });
  return { url, books };
}

/** Hands requests on to the store; of so many answers the first byte never arrives, though all was done. */
async function losing(endpoint: string, share: number) {
  const counts = { all: 0, lost: 0 };
  const url = await serve((incoming, response) => {
    void (async () => {
      const body = await buffer(incoming);
      const { method, headers } = incoming;
      request(endpoint, { ...(method && { method }), headers }, (answer) => {
        void buffer(answer).then((bytes) => {
          counts.all += 1;
          const isLost = Math.random() < share;
          if (isLost) counts.lost += 1;
          return isLost
            ? response.socket?.destroy()
            : response.writeHead(answer.statusCode ?? 500, answer.headers).end(bytes);
        });
      }).end(body);
    })();
  });
  return { url, counts };
}

onEngine('a limit of 100 calls under 1,000 concurrent callers in four processes', () => {
  const portunus = usePortunus();

  it.each([
    ['', 0],
    [', 30 % of the store’s answers being lost', 0.3],
  ])(
    'admits exactly 100 and charges what the provider counted%s',
    async (_how, share) => {
      const { current } = portunus;
      const { url: provider, books } = await startProvider();
      const store = await losing(current.dynamo.endpoint, share);
      const ownerId = `${share * 10}`.padStart(27, 'u');
      const control = current.tableName('control');
      const order: Order = {
        endpoint: store.url,
        control,
        records: current.tableName('content'), // without a stream, whose consumers would take the processors
        ownerId,
        calls: 250,
        limit: 100,
        provider,
      };
      const file = new URL('../shared/limits/ledger-callers.ts', import.meta.url).pathname;
      const reports = await Promise.all(
        Array.from({ length: 4 }, async () => {
          const [report] = (await once(fork(file, [JSON.stringify(order)]), 'message')) as [Report];
          return report;
        }),
      );
      const sum = (field: keyof Report) => reports.reduce((total, report) => total + report[field], 0);
      const { Item: ledger = {} } = await current.db.send(
        new GetCommand({ TableName: control, Key: { pk: `LEDGER#${ownerId}`, sk: 'ledger' } }),
      );
      process.stderr.write(
        `admitted ${sum('admitted')}, rejected ${sum('rejected')}, tries ${sum('tries')}, ` +
          `store calls ${store.counts.all}, answers lost ${store.counts.lost}\n`,
      );
      expect(books.calls).toBe(100);
      expect(sum('admitted') + sum('rejected')).toBe(1000);
      expect(ledger).toMatchObject({
        'spent:day.calls': 100,
        'spent:day.microUsd': books.microUsd,
        'used:day.calls': 100,
        'used:day.microUsd': books.microUsd,
        open: {},
      });
    },
    900_000,
  );
});
