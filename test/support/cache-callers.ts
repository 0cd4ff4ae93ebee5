// Callers of one cache in processes of their own, in front of an upstream that counts its calls.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { listen } from '#local/listen.ts';
import type { Table } from '#test/contracts/drivers.ts';

const script = new URL('../shared/cache/cache-callers.ts', import.meta.url).pathname;

export type CacheReport = {
  readonly answers: Readonly<Record<string, readonly string[]>>;
  readonly events: Readonly<Record<string, number>>;
};

type Call = { readonly owner: string; readonly pid: number };
type Counted = {
  readonly url: string;
  readonly calls: readonly Call[];
  readonly close: () => Promise<void>;
};

/** Answers each call with the owner of its path and the number of the call. @param onCall resolves when the answer may be sent */
export async function startCounter(
  onCall: (call: Call, count: number) => Promise<unknown>,
): Promise<Counted> {
  const calls: Call[] = [];
  const answer = async ({ url = '' }: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(url, 'http://upstream');
    const call = { owner: pathname.slice(1), pid: Number(searchParams.get('pid')) };
    const count = calls.push(call);
    await onCall(call, count);
    response.end(`${call.owner} ${count}`);
  };
  const server = createServer((request, response) => void answer(request, response));
  const { port, close } = await listen(server, 0);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    calls,
    async close() {
      server.closeAllConnections();
      await close();
    },
  };
}

type Crowd = {
  readonly owners: readonly string[];
  /** Calls of each owner in each process. */
  readonly calls: readonly number[];
  readonly remainingMs?: number;
};

/** Starts one process for each number of calls, and begins the calls of all once every process is ready. */
export async function startCacheCallers(
  { endpoint, TableName }: Table,
  upstream: string,
  { owners, calls, remainingMs = 30_000 }: Crowd,
): Promise<{ readonly children: readonly ChildProcess[]; readonly reports: Promise<CacheReport[]> }> {
  const children = calls.map((count) =>
    fork(script, [endpoint, TableName, upstream, String(count), owners.join(','), String(remainingMs)]),
  );
  await Promise.all(children.map((child) => once(child, 'message')));
  const ended = children.map(async (child) => {
    const exited = once(child, 'exit');
    const [report] = (await Promise.race([once(child, 'message'), exited.then(() => [undefined])])) as [
      CacheReport | undefined,
    ];
    await exited;
    return report;
  });
  for (const child of children) child.send('begin');
  return {
    children,
    reports: Promise.all(ended).then((all) => all.filter((report) => report !== undefined)),
  };
}
