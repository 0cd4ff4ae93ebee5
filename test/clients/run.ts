// `npm run test:clients`: real clients and servers from npm against the local stack.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { type Client, CLIENTS } from './catalogue.ts';
import { type ClientOptions, runClient } from './client-process.ts';
import { install, RegistryUnreachable, versionOf } from './install.ts';
import { isGood, page, printed, type Row } from './matrix.ts';
import { givenPlace, type Place, startPlace } from './stack.ts';
import { UPSTREAM_SERVERS } from './upstream-servers.ts';
import { freePort, runUpstream } from './upstreams.ts';

const ALL: readonly Client[] = [...CLIENTS, ...UPSTREAM_SERVERS];
const IDS = ALL.map(({ id }) => id);
const PAGE = join(import.meta.dirname, '../../docs/compatibility.md');
const AT_ONCE = 2;

const HELP = `Usage: npm run test:clients -- [options]

Installs real clients and servers from npm below .local/clients, runs each against a local stack of its own, and prints
the matrix of client and case. A run of all compares the matrix with docs/compatibility.md. Without a registry the run is
skipped.

  --only <clients>  some of these, separated by commas: ${IDS.join(', ')}
  --case <cases>    some cases, separated by commas
  --url <url>       against a stack that runs already, with --token; upstream servers are not run
  --token <token>   a personal access token of that stack, whose owner has a key of each provider
  --write           writes docs/compatibility.md
  --verbose         all that the clients print
  --help            show this text`;

const say = (line: string) => void process.stdout.write(`${line}\n`);
const began = performance.now();
const progress = (line: string) =>
  say(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);

function optionsFrom(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { only: text, case: text, url: text, token: text, write: flag, verbose: flag, help: flag };
  const { values } = parseArgs({ args, options });
  const only = values.only?.split(',');
  const unknown = only?.find((id) => !IDS.includes(id));
  if (unknown !== undefined) throw new Error(`There is no client ${unknown}: ${IDS.join(', ')}`);
  if (values.url !== undefined && values.token === undefined) throw new Error('--url needs --token.');
  return { ...values, only, cases: values.case?.split(',') };
}

type Options = ReturnType<typeof optionsFrom>;
/** The ports of upstream servers are known before the stack, which must allow them. */
type Running = Place & { readonly ports: ReadonlyMap<string, number> };

async function outcomesOf(client: Client, place: Running, options: ClientOptions) {
  const server = UPSTREAM_SERVERS.find(({ id }) => id === client.id);
  if (!server) return runClient(client, place, options);
  const { portunus, ports } = place;
  const port = ports.get(client.id);
  if (!portunus || port === undefined) throw new Error('Upstream servers need a stack of their own.');
  return runUpstream(server, { portunus, port }, options);
}

async function rowOf(client: Client, place: Running, options: ClientOptions): Promise<Row> {
  const { kind, title, group, module } = client;
  const outcomes = await outcomesOf(client, place, options);
  const bad = Object.entries(outcomes).filter(([, outcome]) => !isGood(outcome));
  progress(`${client.id}: ${bad.length === 0 ? 'ok' : bad.map(([name]) => name).join(', ')}`);
  const modules = client.peer === undefined ? [module] : [client.peer, module];
  const versions = await Promise.all(modules.map((name) => versionOf(group, name)));
  return { kind, title, version: versions.join(', '), outcomes };
}

/** Two at a time; the rows in the catalogue's order. */
async function rowsOf(clients: readonly Client[], place: Running, options: ClientOptions): Promise<Row[]> {
  const rows: Row[] = [];
  const waiting = [...clients.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, client] = next;
      rows[index] = await rowOf(client, place, options);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return rows;
}

async function runAll(clients: readonly Client[], { url, token, verbose = false, cases }: Options) {
  const groups = new Set(clients.map(({ group }) => group));
  for (const name of groups) await install(name, progress);
  progress('Starting the stack');
  const ports = new Map<string, number>();
  for (const { id, kind } of clients) if (kind === 'upstreams') ports.set(id, await freePort());
  const place = url && token ? givenPlace(url, token) : await startPlace([...ports.values()]);
  try {
    return await rowsOf(clients, { ...place, ports }, { verbose, cases });
  } finally {
    await place.stop();
  }
}

/** @returns whether the page says what this run has found */
async function comparePage(rows: readonly Row[], write: boolean): Promise<boolean> {
  const fresh = page(rows);
  if (write) {
    await writeFile(PAGE, fresh);
    return true;
  }
  if ((await readFile(PAGE, 'utf8')) === fresh) return true;
  say('docs/compatibility.md says something else. Write it: npm run test:clients -- --write');
  return false;
}

async function main(): Promise<void> {
  const options = optionsFrom(process.argv.slice(2));
  if (options.help) return say(HELP);
  const { only, cases, url } = options;
  const clients = ALL.filter(({ id, kind }) =>
    only === undefined ? url === undefined || kind !== 'upstreams' : only.includes(id),
  );
  const rows = await runAll(clients, options);
  say(`\n${printed(rows)}\n`);
  const whole = only === undefined && cases === undefined && url === undefined;
  const current = !whole || (await comparePage(rows, options.write ?? false));
  const good = rows.every(({ outcomes }) => Object.values(outcomes).every(isGood));
  if (!good || !current) process.exitCode = 1;
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  const skipped = error instanceof RegistryUnreachable;
  say(skipped ? `skipped: ${message}` : message);
  if (!skipped) process.exitCode = 1;
});
