// `@portkey-ai/gateway` beside us. It is no dependency of this project: it is installed into a folder of its own when it is wanted.
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { listen } from '#local/listen.ts';

import { progress } from './table.ts';

const declared = join(import.meta.dirname, 'portkey');
const installed = join(import.meta.dirname, '../../.local/bench/portkey');
const LOCK = 'package-lock.json';
const INSTALL_LIMIT_MS = 180_000;
const TRIES = 100;

export type Portkey = {
  readonly url: string;
  /** Processor time of its process so far, in ms. */
  readonly cpuMs: () => Promise<number>;
  readonly stop: () => Promise<void>;
};

const textOf = (file: string) => readFile(file, 'utf8').catch(() => undefined);

/** Left as it is where it was installed before. Its install scripts do not run. */
async function install(): Promise<void> {
  const wanted = await textOf(join(declared, LOCK));
  const done = await textOf(join(installed, 'node_modules/.package-lock.json'));
  if (done !== undefined && (await textOf(join(installed, LOCK))) === wanted) return;
  progress('completions: installing @portkey-ai/gateway beside us');
  await mkdir(installed, { recursive: true });
  for (const file of ['package.json', LOCK]) await copyFile(join(declared, file), join(installed, file));
  const options = { cwd: installed, timeout: INSTALL_LIMIT_MS };
  await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], options);
}

async function freePort(): Promise<number> {
  const { port, close } = await listen(createServer(), 0);
  await close();
  return port;
}

async function answers(url: string): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    const status = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (status) return;
    if (tried === TRIES) throw new Error('It does not answer.');
    await sleep(100);
  }
}

async function cpuMs(child: ChildProcess): Promise<number> {
  const told = once(child, 'message') as Promise<[NodeJS.CpuUsage]>;
  child.send('cpu');
  const [{ user, system }] = await told;
  return (user + system) / 1000;
}

/** Undefined where it cannot be installed or does not start: the other columns stand without it. */
export async function startPortkey(): Promise<Portkey | undefined> {
  let child: ChildProcess | undefined;
  try {
    await install();
    const port = await freePort();
    const script = join(installed, 'node_modules/@portkey-ai/gateway/build/start-server.js');
    child = fork(script, ['--headless', `--port=${port}`], {
      cwd: installed,
      execArgv: ['--import', join(declared, 'preload.mjs')],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const gateway = child;
    const url = `http://127.0.0.1:${port}`;
    await answers(url);
    return {
      url,
      cpuMs: () => cpuMs(gateway),
      async stop() {
        const exited = once(gateway, 'exit');
        gateway.kill();
        await exited;
      },
    };
  } catch (error) {
    child?.kill();
    progress(
      `completions: without @portkey-ai/gateway (${error instanceof Error ? error.message : 'unknown'})`,
    );
    return undefined;
  }
}
