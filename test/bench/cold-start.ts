// Cold starts under AWS's runtime client: from the birth of the process to its first poll and to its first answer.
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rm } from 'node:fs/promises';

import type { Metafile } from 'esbuild';

import { instanceEnvironment } from '#local/lambda/environment.ts';
import type { FunctionConfig } from '#local/lambda/function-config.ts';
import { startInstance } from '#local/lambda/instance.ts';
import type { Answer } from '#local/lambda/runtime-api.ts';
import { bytesOf, filesAtStart } from '#test/support/bundle-files.ts';
import { type Portunus, startPortunus } from '#test/support/portunus.ts';

import { EMPTY_HANDLER } from './bare-assembly.ts';
import { eventFor } from './first-events.ts';
import { kB, median, ms, times, within } from './stats.ts';
import { progress, table } from './table.ts';

type Budget = { readonly kB: number; readonly start: number };
const BUDGETS: Readonly<Record<string, Budget>> = {
  authorizer: { kB: 120, start: 2 },
  'tools-invoke': { kB: 600, start: 3.5 },
  completions: { kB: 600, start: 3.5 },
  embeddings: { kB: 600, start: 3.5 },
  messages: { kB: 600, start: 3.5 },
  'messages-count': { kB: 600, start: 3.5 },
  responses: { kB: 600, start: 3.5 },
  mcp: { kB: 850, start: 4.5 },
};
const PLAIN: Budget = { kB: 450, start: 3 };

/** Milliseconds from the start of the process. */
type Start = {
  readonly polled: number;
  readonly answered: number;
  /** Processor time until then: says the same on a machine that has other work to do. */
  readonly cpu: number;
  readonly outcome: string;
};

const EMPTY = 'empty handler';

async function coldStart(portunus: Portunus, config: FunctionConfig, payload: unknown): Promise<Start> {
  const idle = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const began = performance.now();
  const instance = await startInstance(
    {
      config,
      freeze: false,
      environment: (runtimeApi) =>
        instanceEnvironment({
          config,
          runtimeApi,
          region: 'eu-central-1',
          endpoints: { AWS_ENDPOINT_URL: portunus.awsEndpoint.url }, // whatever service it calls
          credentials: portunus.credentialsFor(config.roleArn, config.name),
          logStream: 'bench',
        }),
      onOutput: ({ stdout, stderr }) => void [stdout?.resume(), stderr?.resume()],
      onNote: progress,
    },
    {
      onReturning: () => {},
      onIdle: () => idle.resolve(),
      onExit() {
        idle.reject(new Error(`${config.name} ended before it asked for work.`));
        gone.resolve();
      },
    },
  );
  await idle.promise;
  const polled = performance.now() - began;
  const work = {
    requestId: crypto.randomUUID(),
    functionArn: config.arn,
    traceId: '',
    payload: JSON.stringify(payload),
  };
  const answer = await instance.run(work);
  const text = await textOf(answer);
  const answered = performance.now() - began;
  const cpu = cpuMs(instance.pid());
  instance.kill();
  await gone.promise;
  return { polled, answered, cpu, outcome: answer.kind === 'error' ? 'failed' : outcomeOf(text) };
}

/** Processor time of all threads that still live. NaN where there is no /proc. */
function cpuMs(pid = 0): number {
  const tasks = globSync(`/proc/${pid}/task/*/schedstat`);
  if (tasks.length === 0) return Number.NaN;
  return tasks.reduce((sum, file) => sum + Number(readFileSync(file, 'utf8').split(' ')[0]) / 1e6, 0);
}

async function textOf(answer: Answer): Promise<string> {
  if (answer.kind === 'payload') return answer.text;
  if (answer.kind === 'error') return '';
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** The status, where there is one. */
const outcomeOf = (text: string): string => /"statusCode":(\d+)/.exec(text)?.[1] ?? 'done';

const shortName = ({ name }: FunctionConfig) => name.replace(/^portunus-[a-z]+-/, '');

/** The same function configuration with nothing in it. */
function emptyConfig([some]: readonly FunctionConfig[], codeFolder: string): FunctionConfig {
  if (!some) throw new Error('The stack has no functions.');
  writeFileSync(join(codeFolder, 'index.js'), EMPTY_HANDLER);
  return { ...some, name: EMPTY, codeFolder, environment: {} };
}

export async function coldStarts(quick: boolean): Promise<void> {
  const rounds = quick ? 3 : 9;
  const folder = mkdtempSync(join(tmpdir(), 'portunus-empty-'));
  const portunus = await startPortunus();
  try {
    const configs = portunus.lambda.functions();
    const subjects = [emptyConfig(configs, folder), ...configs];
    const events = await eventFor(portunus);
    const measured = new Map<FunctionConfig, Start[]>(subjects.map((subject) => [subject, []]));
    // Interleaved, so that whatever else the machine does falls on all of them.
    for (let round = 1; round <= rounds; round += 1) {
      progress(`cold starts: round ${round} of ${rounds}`);
      for (const subject of subjects) {
        measured.get(subject)?.push(await coldStart(portunus, subject, events(shortName(subject))));
      }
    }
    print(measured, rounds);
  } finally {
    await portunus.stop();
    await rm(portunus.home, { recursive: true, force: true });
    rmSync(folder, { recursive: true });
  }
}

const dist = join(import.meta.dirname, '../../dist');

function print(measured: ReadonlyMap<FunctionConfig, Start[]>, rounds: number): void {
  const graph = JSON.parse(readFileSync(join(dist, 'meta.json'), 'utf8')) as Metafile;
  const of = (starts: readonly Start[]) => ({
    polled: median(starts.map(({ polled }) => polled)),
    answered: median(starts.map(({ answered }) => answered)),
    cpu: median(starts.map(({ cpu }) => cpu)),
  });
  const empty = of([...measured.values()][0] ?? []);
  const rows = [...measured].map(([config, starts]) => {
    const { polled, answered, cpu } = of(starts);
    const name = shortName(config);
    const bytes = name === EMPTY ? EMPTY_HANDLER.length : bytesOf(dist, filesAtStart(graph, name));
    const budget = name === EMPTY ? undefined : (BUDGETS[name] ?? PLAIN);
    return [
      name,
      starts.at(-1)?.outcome ?? '',
      budget ? within(kB(bytes), kB(budget.kB * 1000), bytes <= budget.kB * 1000) : kB(bytes),
      ms(polled),
      times(polled / empty.polled),
      ms(answered),
      budget
        ? within(
            times(answered / empty.answered),
            times(budget.start),
            answered / empty.answered <= budget.start,
          )
        : times(answered / empty.answered),
      times(cpu / empty.cpu),
    ];
  });
  table(
    `Bundles and cold starts: spawn → first poll → first answer, its AWS calls included; median of ${rounds} interleaved`,
    [
      'function',
      'answer',
      'read at start / budget',
      'first poll',
      '',
      'first answer',
      '× empty / budget',
      '× CPU',
    ],
    rows,
  );
}
