// The official everything server, as its users start it.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const { resolve } = createRequire(import.meta.url);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

const started = (child: ChildProcess) =>
  new Promise<void>((ready, failed) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      if (String(chunk).includes('listening on port')) ready();
    });
    child.once('exit', () => failed(new Error('The everything server ended.')));
  });

export async function startEverything(): Promise<{ origin: string; url: string; stop: () => void }> {
  const port = await freePort();
  const folder = dirname(resolve('@modelcontextprotocol/server-everything/package.json'));
  const child = spawn(process.execPath, [join(folder, 'dist/index.js'), 'streamableHttp'], {
    env: { PATH: process.env['PATH'], PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await started(child);
  const origin = `http://127.0.0.1:${port}`;
  return { origin, url: `${origin}/mcp`, stop: () => void child.kill() };
}
