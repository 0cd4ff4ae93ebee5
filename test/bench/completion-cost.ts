// Processor time and AWS calls of one completion.
import { createClient } from './client.ts';
import {
  type Mode,
  MODES,
  noTimes,
  sampleFor,
  type Site,
  timed,
  TITLE,
  urlOf,
  WHO,
  type Who,
} from './completion-parties.ts';
import type { AwsCall } from './stack.ts';
import { median, ms, times, within } from './stats.ts';
import { progress, table } from './table.ts';

const none = '–';
const OWN_CPU_MS = 0.5;
/** A processor's time is counted when the code has been compiled, here and at the peer. */
const WARM_UP = { quick: 50, full: 600 };

/** Milliseconds of a processor for one completion, in blocks of many. */
async function spentBy(site: Site, { who, mode }: { who: Who; mode: Mode }, count: number): Promise<number> {
  const { stack, portkey } = site;
  const client = createClient(urlOf(who, site) ?? stack.url, 1);
  const asked = sampleFor('nothing', mode, site, 0);
  const cpu = { ...asked, headers: { ...asked.headers, 'x-bench': 'cpu' } };
  const clock = async () => {
    if (who === 'portkey') return portkey?.cpuMs() ?? 0;
    const { user, system } = JSON.parse((await client.send(cpu)).body) as NodeJS.CpuUsage;
    return (user + system) / 1000;
  };
  const sample = sampleFor(who, mode, site, 0);
  const before = await clock();
  for (let sent = 0; sent < count; sent += 1) await timed(client, sample, mode);
  const spent = (await clock()) - before;
  client.close();
  return spent / count;
}

export async function processors(site: Site, quick: boolean): Promise<void> {
  const [blocks, count] = quick ? [3, 30] : [8, 60];
  const parties = WHO.filter((who) => who !== 'direct' && urlOf(who, site) !== undefined);
  const rows: string[][] = [];
  for (const mode of MODES) {
    const taken = noTimes();
    for (let block = 0; block <= blocks; block += 1) {
      progress(`completions: processor time, ${mode}, ${block} of ${blocks}`);
      const many = block > 0 ? count : WARM_UP[quick ? 'quick' : 'full'];
      for (const who of parties) {
        const spent = await spentBy(site, { who, mode }, many);
        if (block > 0) taken[who].push(spent);
      }
    }
    const of = (who: Who) => median(taken[who]);
    const own = of('own') - of('nothing');
    const peer = of('portkey');
    rows.push([
      mode.toUpperCase(),
      ms(of('ours')),
      ms(of('nothing')),
      ms(of('calls') - of('nothing')),
      within(ms(own), ms(OWN_CPU_MS), own <= OWN_CPU_MS),
      Number.isNaN(peer) ? none : ms(peer),
      Number.isNaN(peer) ? none : times(own / peer),
    ]);
  }
  table(
    `Processor time for one completion, provider at 0 ms, median of ${blocks} × ${count}`,
    ['', 'Portunus', 'Lambda', 'AWS calls', 'own work / aim', 'Portkey', 'own to Portkey'],
    rows,
  );
}

const operationOf = ({ operation }: AwsCall): string => operation;

/** Which AWS calls stand before the first byte, by the journal; and that the ones measured alone are the same. */
export async function awsCalls(site: Site): Promise<void> {
  const { stack, provider } = site;
  const client = createClient(stack.url, 1);
  const rows: string[][] = [];
  for (const mode of MODES) {
    const callsOf = async (who: Who) => {
      await provider.asked();
      const since = Date.now();
      await timed(client, sampleFor(who, mode, site, 0), mode);
      return stack.calls(['completions'], since);
    };
    const made = await callsOf('ours');
    const [asked = 0] = await provider.asked();
    const alone = await callsOf('calls');
    const same = made.map(operationOf).join() === alone.map(operationOf).join();
    const before = made.filter(({ at }) => mode === 'json' || at <= asked);
    rows.push([
      TITLE[mode],
      String(before.length),
      before.map(operationOf).join(' '),
      made.slice(before.length).map(operationOf).join(' ') || none,
      same ? 'the same' : `OTHERS: ${alone.map(operationOf).join(' ')}`,
    ]);
  }
  client.close();
  table('AWS calls of a warm completion', ['', 'before it', 'which', 'after it', 'measured alone'], rows);
}
