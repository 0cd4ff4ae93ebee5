// `npm run conformance`: the official MCP conformance suite against our serving layer.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { startConformanceServer } from './stack.ts';
import { requiredIn, summaryOf } from './summary.ts';

const HELP = `Usage: npm run conformance -- [options]

Runs the official MCP conformance suite, two versions of it, against a test-only server that uses the product's own
serving layer, in three Lambda instances of the local stack. Exits with 1 if a score or a baseline is not as expected.

  --scenario <name>   only this one, of revision 2026-07-28, with all that the suite prints
  --modules <folder>  where the suite is installed (default: node_modules)
  --verbose           all that the suite prints
  --help              show this text`;

const here = import.meta.dirname;
const NEWEST = '@modelcontextprotocol/conformance';
const baseline = (name: string) => ['--expected-failures', join(here, name)];

type Run = {
  readonly title: string;
  readonly suite: string;
  /** Absent: all scenarios of the suite. */
  readonly requirements?: string;
  readonly args: readonly string[];
  readonly score: string;
  /** Not scored, and yet they must pass. */
  readonly beside?: readonly string[];
};

const RUNS: readonly Run[] = [
  {
    title: '2026-07-28, no baseline',
    suite: NEWEST,
    requirements: '2026-07-28',
    args: [],
    score: '37/37',
    beside: ['json-schema-2020-12', 'http-header-validation', 'http-custom-header-server-validation'],
  },
  {
    title: '2025-11-25, baseline of 5',
    suite: NEWEST,
    requirements: '2025-11-25',
    args: ['--timeout', '6000', ...baseline('baseline-2025.yml')],
    score: '26/30',
  },
  {
    title: 'suite 0.1.16, all, baseline of 6',
    suite: 'conformance-0116',
    args: ['--suite', 'all', ...baseline('baseline-0116.yml')],
    score: '28/32',
  },
];

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** @returns what it printed, and whether it is content: a failure beyond the baseline, or a stale entry in it, is not */
async function runSuite(modules: string, suite: string, args: readonly string[]) {
  const script = join(modules, suite, 'dist/index.js');
  if (!existsSync(script)) throw new Error(`${suite} is not installed in ${modules}.`);
  const results = mkdtempSync(join(tmpdir(), 'portunus-conformance-'));
  try {
    // It writes its results into the folder it runs in.
    const child = spawn(process.execPath, [script, ...args], {
      cwd: results,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    }
    const [code] = (await once(child, 'close')) as [number | null];
    return { content: code === 0, output: Buffer.concat(chunks).toString() };
  } finally {
    rmSync(results, { recursive: true });
  }
}

type Where = { readonly modules: string; readonly url: string; readonly verbose: boolean };

/** Result of the suite for one revision, and the part of it that counts. */
async function measure({ modules, url }: Where, { suite, requirements, args }: Run) {
  const server = ['server', '--url', url];
  if (requirements === undefined) {
    const { content, output } = await runSuite(modules, suite, [...server, ...args]);
    return { content, output, ...summaryOf(output) };
  }
  const wanted = ['--requirements', requirements];
  const list = await runSuite(modules, suite, ['list', '--server', ...wanted]);
  const { content, output } = await runSuite(modules, suite, [...server, ...wanted, ...args]);
  return { content, output, ...summaryOf(output, requiredIn(list.output)) };
}

async function judge(where: Where, run: Run): Promise<boolean> {
  const { content, output, score, passed, text } = await measure(where, run);
  const missing = (run.beside ?? []).filter((name) => !passed.has(name));
  const fine = content && score === run.score && missing.length === 0;
  if (where.verbose) say(output);
  else if (!fine) say(text);
  say(`${fine ? 'ok ' : 'NOT'}  ${score} of ${run.score}  ${run.title}`);
  if (missing.length > 0) say(`     not passed any more: ${missing.join(', ')}`);
  return fine;
}

async function single({ modules, url }: Where, scenario: string): Promise<boolean> {
  const args = ['server', '--url', url, '--scenario', scenario, '--spec-version', '2026-07-28', '--verbose'];
  const { content, output } = await runSuite(modules, NEWEST, args);
  say(output);
  return content;
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    options: { scenario: text, modules: text, verbose: flag, help: flag },
  });
  if (values.help) return say(HELP);
  const modules = resolve(values.modules ?? join(here, '../../node_modules'));
  const server = await startConformanceServer();
  const where = { modules, url: server.url, verbose: values.verbose ?? false };
  try {
    const verdicts: boolean[] = [];
    if (values.scenario === undefined) for (const run of RUNS) verdicts.push(await judge(where, run));
    else verdicts.push(await single(where, values.scenario));
    if (verdicts.includes(false)) process.exitCode = 1;
  } finally {
    await server.stop();
  }
}

await main();
