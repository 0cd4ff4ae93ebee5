// The DynamoDB engine as a child process, from its start until its end.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { engineCommand, type DynamoEngine } from './engine-command.ts';
import { createRootClient, type RootClient } from './root-client.ts';
import { readCommandLine, endProcess } from './stale-process.ts';

export type Engine = {
  /** Root access: no signature or policy is checked here. */
  readonly endpoint: string;
  readonly client: RootClient;
  /** dynoxide's SQLite file; undefined for DynamoDB Local. */
  readonly database: string | undefined;
  readonly stop: () => Promise<void>;
};

const START_ATTEMPTS = 3;
const READY_MS = 30_000;
const STOP_MS = 5_000;

/** @throws when the engine's package or Java is missing, or it does not answer in time. */
export async function startEngine(folder: string, name: DynamoEngine): Promise<Engine> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pidFile = join(folder, 'engine.pid');
  await endStaleEngine(pidFile);
  for (let attempt = 1; ; attempt += 1) {
    // Neither engine accepts port 0, and another process may take the chosen port first: hence the attempts.
    const port = await freePort();
    const command = engineCommand(name, { folder, port });
    const log = join(folder, 'engine.log');
    const child = launch(command, log);
    if (child.pid !== undefined) writeFileSync(pidFile, `${child.pid}\n${command.marker}\n`, { mode: 0o600 });
    const endpoint = `http://127.0.0.1:${port}`;
    const client = createRootClient(endpoint);
    // Covers every exit of this process except SIGKILL; the next start cleans up after that one.
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    const stop = async () => {
      process.off('exit', kill);
      client.close();
      await end(child);
      rmSync(pidFile, { force: true });
    };
    if (await ready(child, client)) return { endpoint, client, database: command.database, stop };
    await stop();
    if (attempt === START_ATTEMPTS) {
      throw new Error(`DynamoDB engine ${name} did not start: ${readFileSync(log, 'utf8').slice(-2000)}`);
    }
  }
}

function launch({ file, args }: { file: string; args: readonly string[] }, log: string): ChildProcess {
  const output = openSync(log, 'w', 0o600);
  try {
    // Its own process group: a Ctrl-C reaches the stack first, which stops the engine after the last writer.
    const child = spawn(file, args, { stdio: ['ignore', output, output], detached: true });
    child.on('error', (error) => writeFileSync(log, error.message));
    return child;
  } finally {
    closeSync(output);
  }
}

async function ready(child: ChildProcess, client: RootClient): Promise<boolean> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline && !hasEnded(child)) {
    const listed = await client.call('ListTables', {}).catch(() => undefined);
    if (listed) return true;
    await sleep(20);
  }
  return false;
}

const hasEnded = ({ pid, exitCode, signalCode }: ChildProcess) =>
  pid === undefined || exitCode !== null || signalCode !== null;

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGTERM');
  await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })]);
  if (hasEnded(child)) return;
  child.kill('SIGKILL');
  await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })]);
}

/** Kills the engine that a SIGKILLed stack left running, but only if the pid still belongs to that engine. */
async function endStaleEngine(pidFile: string): Promise<void> {
  if (!existsSync(pidFile)) return;
  const [pid, marker = ''] = readFileSync(pidFile, 'utf8').split('\n');
  if (marker !== '' && readCommandLine(Number(pid)).includes(marker)) await endProcess(Number(pid), STOP_MS);
  rmSync(pidFile, { force: true });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
