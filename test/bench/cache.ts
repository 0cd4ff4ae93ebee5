// Cost of an answer from the cache, by the tier that gives it, against a live one; and the same repeated request through the
// cache of `@portkey-ai/gateway`, if it has one. A miss and a live call differ by the entry that is stored.
import { createClient } from './client.ts';
import { startPortkey } from './portkey.ts';
import { startProvider } from './provider.ts';
import { type Sample, storeKey } from './requests.ts';
import { type BenchStack, withStack } from './stack.ts';
import { median, ms, quantile, times } from './stats.ts';
import { progress, table } from './table.ts';

const DELAY_MS = 50;
const MODEL = 'gpt-4.1-mini';

/** Parties of one round: the same words in the order of this list. */
const WAYS = ['live', 'miss', 'memory', 'store'] as const;
type Way = (typeof WAYS)[number];

const body = (words: string) => ({ messages: [{ role: 'user', content: words }], temperature: 0 });

const overRest = (stack: BenchStack, words: string, cache: 'on' | 'off'): Sample => ({
  method: 'POST',
  path: '/mcp/tools/invoke',
  headers: { authorization: `Bearer ${stack.token}`, 'content-type': 'application/json' },
  body: JSON.stringify({
    tool_name: 'ai_chat',
    parameters: { ...body(words), provider: 'openai', model: MODEL, cache },
  }),
});

/** The same tool in another function: its instance finds the entry in the store. */
const overMcp = (stack: BenchStack, words: string): Sample => ({
  method: 'POST',
  path: '/mcp',
  headers: {
    authorization: `Bearer ${stack.token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  },
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: {
      name: 'ai_chat',
      arguments: { ...body(words), provider: 'openai', model: MODEL, cache: 'on' },
    },
  }),
});

type Taken = Record<Way | 'baseMcp', { ms: number[]; calls: number[] }>;

async function measure(stack: BenchStack, rounds: number): Promise<Taken> {
  const client = createClient(stack.url, 1);
  const taken: Taken = {
    live: { ms: [], calls: [] },
    miss: { ms: [], calls: [] },
    memory: { ms: [], calls: [] },
    store: { ms: [], calls: [] },
    baseMcp: { ms: [], calls: [] },
  };
  for (let round = -3; round < rounds; round += 1) {
    const words = `round ${round}`;
    const steps: [keyof Taken, Sample][] = [
      ['live', overRest(stack, `live ${round}`, 'off')],
      ['miss', overRest(stack, words, 'on')],
      ['memory', overRest(stack, words, 'on')],
      ['store', overMcp(stack, words)],
      ['baseMcp', overMcp(stack, words)],
    ];
    for (const [way, sample] of steps) {
      const since = Date.now();
      const answer = await client.send(sample);
      if (answer.status !== 200) throw new Error(`${way} answered ${answer.status}.`);
      const calls = await stack.calls(['tools-invoke', 'mcp'], since);
      if (round < 0) continue;
      taken[way].ms.push(answer.ms);
      taken[way].calls.push(calls.length);
    }
  }
  client.close();
  return taken;
}

function report(taken: Taken): void {
  const live = median(taken.live.ms);
  const row = (name: string, way: keyof Taken) => {
    const { ms: all, calls } = taken[way];
    const p50 = median(all);
    return [name, ms(p50), ms(quantile(all, 0.95)), times(p50 / live), String(median(calls))];
  };
  table(
    `One chat answer, provider at ${DELAY_MS} ms, one request at a time, ${taken.live.ms.length} interleaved`,
    ['', 'p50', 'p95', 'of live', 'AWS calls, median'],
    [
      row('live, cache off', 'live'),
      row('miss: live, and stored', 'miss'),
      row('first tier, POST /mcp/tools/invoke', 'memory'),
      row('second tier, POST /mcp', 'store'),
      row('first tier, POST /mcp', 'baseMcp'),
    ],
  );
}

/** Whether a repeated request with its `cache` setting reaches the provider. */
async function besidePortkey(provider: { url: string }, rounds: number): Promise<void> {
  const portkey = await startPortkey();
  if (!portkey) return;
  try {
    const client = createClient(portkey.url, 1);
    const sample = (words: string, cached: boolean): Sample => ({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: {
        authorization: 'Bearer sk-bench',
        'content-type': 'application/json',
        'x-portkey-config': JSON.stringify({
          provider: 'openai',
          api_key: 'sk-bench',
          custom_host: `${provider.url}/v1`,
          ...(cached && { cache: { mode: 'simple', max_age: 600 } }),
        }),
      },
      body: JSON.stringify({ ...body(words), model: MODEL }),
    });
    const taken = { live: [] as number[], first: [] as number[], again: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      taken.live.push((await client.send(sample(`live ${round}`, false))).ms);
      taken.first.push((await client.send(sample(`round ${round}`, true))).ms);
      taken.again.push((await client.send(sample(`round ${round}`, true))).ms);
    }
    client.close();
    const live = median(taken.live);
    const row = (name: string, all: number[]) => [name, ms(median(all)), times(median(all) / live)];
    table(
      'The same through @portkey-ai/gateway, with cache: {mode: "simple"} in its configuration',
      ['', 'p50', 'of live'],
      [row('live', taken.live), row('first', taken.first), row('repeated', taken.again)],
    );
  } finally {
    await portkey.stop();
  }
}

export async function cacheTiers(quick: boolean): Promise<void> {
  const rounds = quick ? 20 : 100;
  const provider = await startProvider();
  await provider.delay(DELAY_MS);
  try {
    progress('cache: live, miss, first and second tier');
    await withStack(
      async (stack) => {
        await storeKey(stack.url, stack);
        report(await measure(stack, rounds));
      },
      { quiet: true, provider: provider.url },
    );
    progress('cache: @portkey-ai/gateway');
    await besidePortkey(provider, quick ? 10 : 50);
  } finally {
    provider.stop();
  }
}
