// Time that POST /v1/chat/completions adds to a direct call of the same provider, and its parts: the AWS calls that admission
// and the records are, and our own work. Beside it `@portkey-ai/gateway`, which has no keys, limits or records of its own.
//
// In the same function and process, through the same doors: `calls` makes the AWS calls that one completion made and nothing else,
// `own` is the product with the answers of AWS at hand, `nothing` answers at once. So what we add is the doors (`nothing`), the
// AWS calls (`calls` − `nothing`) and the rest; our own work is `own` − `nothing` − `direct`. All on loopback, interleaved.
import { createClient } from './client.ts';
import { awsCalls, processors } from './completion-cost.ts';
import {
  type Mode,
  MODES,
  noTimes,
  sampleFor,
  type Site,
  timed,
  type Times,
  TITLE,
  urlOf,
  WHO,
  type Who,
} from './completion-parties.ts';
import { startPortkey } from './portkey.ts';
import { startProvider } from './provider.ts';
import { storeKey } from './requests.ts';
import { withStack } from './stack.ts';
import { median, ms, within } from './stats.ts';
import { progress, table } from './table.ts';

const CONNECTIONS = 16;
const DELAYS_MS = [0, 50] as const;
/** Limit of our own work, beside the AWS calls. */
const LIMIT_MS: Readonly<Record<Mode, number>> = { json: 2, sse: 3 };

/** Each party once in each round, at its own connection, each after every other. */
async function oneByOne(site: Site, mode: Mode, rounds: number): Promise<Times> {
  const taken = noTimes();
  const clients = WHO.flatMap((who) => {
    const url = urlOf(who, site);
    return url === undefined
      ? []
      : [{ who, client: createClient(url, 1), sample: sampleFor(who, mode, site, 0) }];
  });
  for (let round = -3; round < rounds; round += 1) {
    const turn = Math.max(0, round) % clients.length;
    for (const { who, client, sample } of [...clients.slice(turn), ...clients.slice(0, turn)]) {
      const time = await timed(client, sample, mode);
      if (round >= 0) taken[who].push(time);
    }
  }
  for (const { client } of clients) client.close();
  return taken;
}

/** Each party for a while in each round, at all connections. */
async function atOnce(site: Site, mode: Mode, rounds: number): Promise<Times> {
  const taken = noTimes();
  for (let round = 0; round <= rounds; round += 1) {
    for (const who of WHO) {
      const url = urlOf(who, site);
      if (url === undefined) continue;
      const connection = async (index: number) => {
        const client = createClient(url, 1);
        const sample = sampleFor(who, mode, site, index);
        for (let sent = 0; sent < 10; sent += 1) {
          const time = await timed(client, sample, mode);
          if (round > 0) taken[who].push(time);
        }
        client.close();
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => connection(index)));
    }
  }
  return taken;
}

const none = '–';

function rowOf(name: string, taken: Times, limitMs?: number): string[] {
  const of = (who: Who) => median(taken[who]);
  const added = of('ours') - of('direct');
  const own = of('own') - of('nothing') - of('direct');
  const peer = taken.portkey.length > 0;
  return [
    name,
    ms(of('direct')),
    peer ? ms(of('portkey')) : 'not installed',
    peer ? ms(of('portkey') - of('direct')) : none,
    ms(of('ours')),
    ms(added),
    ms(of('nothing')),
    ms(of('calls') - of('nothing')),
    ms(added - of('calls')),
    limitMs === undefined ? ms(own) : within(ms(own), ms(limitMs), own <= limitMs),
  ];
}

const HEADINGS = [
  '',
  'direct',
  'Portkey',
  'adds',
  'Portunus',
  'adds',
  '= doors, Lambda',
  '+ AWS calls',
  '+ rest',
  'own work / budget',
];

async function prepare(site: Site): Promise<void> {
  const { stack, provider, tokens } = site;
  for (const token of tokens) await storeKey(stack.url, { token });
  await provider.delay(50);
  const client = createClient(stack.url, 1);
  for (const mode of MODES) {
    for (const who of ['ours', 'ours', 'record'] as const) {
      await timed(client, sampleFor(who, mode, site, 0), mode);
    }
  }
  client.close();
}

async function measure(site: Site, quick: boolean): Promise<void> {
  await prepare(site);
  await awsCalls(site);
  const [rounds, loads] = quick ? [20, 1] : [120, 4];
  const single: string[][] = [];
  const many: string[][] = [];
  await site.provider.delay(0);
  await processors(site, quick);
  for (const delayMs of DELAYS_MS) {
    await site.provider.delay(delayMs);
    for (const mode of MODES) {
      progress(`completions: ${TITLE[mode]}, provider at ${delayMs} ms, 1 connection`);
      const name = `${TITLE[mode]}, ${delayMs} ms`;
      single.push(rowOf(name, await oneByOne(site, mode, rounds), LIMIT_MS[mode]));
    }
  }
  for (const delayMs of DELAYS_MS) {
    await site.provider.delay(delayMs);
    for (const mode of MODES) {
      progress(`completions: ${TITLE[mode]}, provider at ${delayMs} ms, ${CONNECTIONS} connections`);
      many.push(rowOf(`${TITLE[mode]}, ${delayMs} ms`, await atOnce(site, mode, loads)));
    }
  }
  table(`/v1/chat/completions, 1 connection, p50 of ${rounds} interleaved`, HEADINGS, single);
  table(
    `/v1/chat/completions, ${CONNECTIONS} connections of ${CONNECTIONS} people, p50 of ${loads * CONNECTIONS * 10}; all share this machine's cores`,
    HEADINGS,
    many,
  );
}

export async function completions(quick: boolean): Promise<void> {
  const provider = await startProvider();
  const portkey = await startPortkey();
  const people = Array.from({ length: CONNECTIONS }, (_, index) => `person-${index}`);
  try {
    await withStack(
      async (stack) => measure({ stack, provider, portkey, tokens: await stack.tokens(people) }, quick),
      { beside: [{ name: 'completions', streamed: true }], quiet: true, provider: provider.url },
    );
  } finally {
    await portkey?.stop();
    provider.stop();
  }
}
