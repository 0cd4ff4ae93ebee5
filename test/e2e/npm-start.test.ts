// `npm start` as a user or a supervisor runs it, in a process tree of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';

import { listen } from '#local/listen.ts';
import { runningStack } from '#local/running-stack.ts';
import { engine } from '#test/support/portunus.ts';
import { copySources } from '#test/support/source-copy.ts';
import { onEngine } from '#test/support/suite.ts';

const root = join(import.meta.dirname, '../..');
const homes: string[] = [];
const started: number[] = [];

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'portunus-start-'));
  homes.push(home);
  return home;
}

const npmStart = (home: string, port: number, cwd = root): ChildProcess =>
  spawn('npm', ['start', '--', '--port', String(port)], {
    cwd,
    env: { ...process.env, PORTUNUS_HOME: home, DDB_ENGINE: engine },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // its own process group: a signal of the test runner's terminal is not a signal to it
  });

async function readUntil(child: ChildProcess, text: string): Promise<void> {
  if (!child.stdout) throw new Error('npm start has no output.');
  for await (const line of createInterface({ input: child.stdout })) if (line.includes(text)) return;
  throw new Error(`npm start ended before it printed ${text}.`);
}

/** Parent and state of a process, from Linux. */
function statusOf(pid: number): { parent: number; state: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state = '', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(parent), state };
  } catch {
    return undefined;
  }
}

function descendants(pid: number): number[] {
  const found = [pid];
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  for (const parent of found) found.push(...all.filter((one) => statusOf(one)?.parent === parent));
  return found.slice(1);
}

const living = (pids: readonly number[]) =>
  pids.filter((pid) => !['Z', undefined].includes(statusOf(pid)?.state));

async function untilAllEnded(pids: readonly number[]): Promise<void> {
  while (living(pids).length > 0) await sleep(50);
}

afterEach(() => {
  for (const pid of living(started.splice(0))) process.kill(pid, 'SIGKILL');
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
});

onEngine('npm start', () => {
  it.each([
    { how: 'SIGTERM to npm alone', signal: 'SIGTERM', toGroup: false },
    { how: 'SIGINT to npm alone', signal: 'SIGINT', toGroup: false },
    { how: 'SIGINT to its whole process group, as Ctrl-C sends it', signal: 'SIGINT', toGroup: true },
  ] as const)('ends every process it started and frees its port on $how', async ({ signal, toGroup }) => {
    const home = newHome();
    const npm = npmStart(home, 0);
    const exited = once(npm, 'exit');
    await readUntil(npm, 'Ready');
    const { url = '' } = runningStack(home) ?? {};
    expect((await fetch(`${url}/health`)).status).toBe(200); // an instance of a function runs now, too
    started.push(...descendants(npm.pid ?? 0));
    expect(started.length).toBeGreaterThan(3); // the stack, the database engine, an instance, its reaper

    process.kill(toGroup ? -(npm.pid ?? 0) : (npm.pid ?? 0), signal);
    await exited;
    await untilAllEnded(started);
    const { close } = await listen(createServer(), Number(new URL(url).port));
    await close();
    expect(runningStack(home)).toBeUndefined();
  });

  it('reports a port in use before it builds', async () => {
    const other = await listen(createServer(), 0);
    const unbuilt = copySources();
    homes.push(unbuilt);
    const npm = npmStart(newHome(), other.port, unbuilt);
    const output: string[] = [];
    for (const stream of [npm.stdout, npm.stderr]) stream?.on('data', (chunk) => output.push(String(chunk)));
    const [code] = (await once(npm, 'close')) as [number];
    await other.close();
    expect(code).not.toBe(0);
    expect(output.join('')).toContain(`Port ${other.port}`);
    expect(output.join('')).not.toMatch(/Bundling|Synthesising/);
  });
});
