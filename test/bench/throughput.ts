// Requests per second at 16 connections, against a handler that does nothing on the same stack.
import { createClient } from './client.ts';
import { bare, callTimeNow, createTodo, type Sample } from './requests.ts';
import type { BenchStack } from './stack.ts';
import { median, ms, quantile, times } from './stats.ts';
import { progress, table } from './table.ts';

const CONNECTIONS = 16;
const WARM_UP = 200;

type Measured = { readonly perSecond: number[]; readonly latencies: number[] };

/** All connections busy until `count` requests are answered; every one must succeed. */
async function load(url: string, sample: Sample, count: number) {
  const client = createClient(url, CONNECTIONS);
  const latencies: number[] = [];
  let left = count;
  const began = performance.now();
  const connection = async () => {
    while (left > 0) {
      left -= 1;
      const answer = await client.send(sample);
      if (answer.status !== 200) throw new Error(`${sample.path} answered ${answer.status} under load.`);
      latencies.push(answer.ms);
    }
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  } finally {
    client.close();
  }
  return { perSecond: (count / (performance.now() - began)) * 1000, latencies };
}

export async function throughput(stack: BenchStack, quick: boolean): Promise<void> {
  const rounds = quick ? 3 : 6;
  const perRound = quick ? 200 : 600;
  const samples: Readonly<Record<string, Sample>> = {
    'bare handler': bare,
    'REST todo_create': createTodo(stack),
    'MCP tools/call time_now': callTimeNow(stack),
  };
  const measured = new Map<string, Measured>();
  for (const [name, sample] of Object.entries(samples)) {
    measured.set(name, { perSecond: [], latencies: [] });
    await load(stack.url, sample, WARM_UP);
  }
  // Interleaved, so that whatever else the machine does falls on all of them.
  for (let round = 1; round <= rounds; round += 1) {
    progress(`throughput: round ${round} of ${rounds}`);
    for (const [name, sample] of Object.entries(samples)) {
      const { perSecond, latencies } = await load(stack.url, sample, perRound);
      measured.get(name)?.perSecond.push(perSecond);
      measured.get(name)?.latencies.push(...latencies);
    }
  }
  print(measured, rounds * perRound);
}

function print(measured: ReadonlyMap<string, Measured>, count: number): void {
  const [first] = measured.values();
  const base = first?.latencies ?? [];
  const row = ([name, { perSecond, latencies }]: [string, Measured]) => [
    name,
    median(perSecond).toFixed(0),
    times(median(perSecond) / median(first?.perSecond ?? [])),
    ms(quantile(latencies, 0.5)),
    times(quantile(latencies, 0.5) / quantile(base, 0.5)),
    ms(quantile(latencies, 0.95)),
    times(quantile(latencies, 0.95) / quantile(base, 0.95)),
  ];
  table(
    `Throughput, ${CONNECTIONS} connections, ${count} requests each, one instance per connection on this machine's cores`,
    ['', 'req/s', '', 'p50', '', 'p95', ''],
    [...measured].map(row),
  );
}
