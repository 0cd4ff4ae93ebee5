// Upstream MCP servers from npm: started, registered, approved, listed and called through Portunus.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

import { listen } from '#local/listen.ts';
import type { Answer, Person, Portunus } from '#test/support/portunus.ts';

import type { ClientOptions } from './client-process.ts';
import { HOOK } from './client-process.ts';
import { folderOf } from './install.ts';
import type { Outcome } from './matrix.ts';
import type { UpstreamServer } from './upstream-servers.ts';

const START_TRIES = 200;
const TRY_MS = 100;
const REASON_LENGTH = 300;

export async function freePort(): Promise<number> {
  const { port, close } = await listen(createServer(), 0);
  await close();
  return port;
}

const accepts = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

async function start(server: UpstreamServer, port: number, { verbose }: ClientOptions) {
  const scratch = await mkdtemp(join(tmpdir(), 'portunus-upstream-'));
  const given = { folder: folderOf(server.group) };
  const child = spawn(process.execPath, ['--import', HOOK, ...server.command({ port, scratch })], {
    env: {
      PATH: process.env['PATH'],
      HOME: scratch,
      PORTUNUS_CLIENT: JSON.stringify(given),
      ...server.environment?.({ port, scratch }),
    },
    stdio: ['ignore', verbose ? 'inherit' : 'ignore', verbose ? 'inherit' : 'ignore'],
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill();
      await once(child, 'exit');
    }
    await rm(scratch, { recursive: true, force: true });
  };
  for (let tried = 0; !(await accepts(port)); tried += 1) {
    if (tried < START_TRIES && child.exitCode === null) await sleep(TRY_MS);
    else {
      await stop();
      throw new Error('The server did not start.');
    }
  }
  return stop;
}

function assertStatus({ status, text }: Answer, expected: number): void {
  assert.equal(status, expected, text);
}

/** Registers and approves all tools of the server. */
async function register(person: Person, { alias, tools }: UpstreamServer, port: number): Promise<void> {
  const answer = await person.post('/mcp/tools', { kind: 'mcp', alias, url: `http://127.0.0.1:${port}/mcp` });
  assertStatus(answer, 201);
  const registered = answer.body.tools as { name: string; hash: string }[];
  assert.deepEqual(answer.body.skipped, []);
  for (const name of tools) {
    assert.ok(
      registered.some((tool) => tool.name === `${alias}__${name}`),
      `${name} was not registered.`,
    );
  }
  const hashes = Object.fromEntries(registered.map(({ name, hash }) => [name, hash]));
  assertStatus(await person.post(`/mcp/tools/${alias}/review`, { decision: 'activate', hashes }), 200);
}

async function overMcp<T>(url: string, { token }: Person, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ name: 'a client', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }));
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

type Work = () => Promise<void>;

function casesOf(server: UpstreamServer, portunus: Portunus, person: Person, port: number) {
  const { alias, tools, progress } = server;
  const called = ([name, args]: UpstreamServer['call'], onprogress?: (update: unknown) => void) =>
    overMcp(portunus.url, person, (client) =>
      client.callTool({ name: `${alias}__${name}`, arguments: args }, onprogress ? { onprogress } : {}),
    );
  const cases: Record<string, Work | undefined> = {
    register: () => register(person, server, port),
    async list() {
      const listed = await overMcp(portunus.url, person, (client) => client.listTools());
      const names = new Set(listed.tools.map(({ name }) => name));
      for (const name of tools) assert.ok(names.has(`${alias}__${name}`), `${name} is not listed.`);
    },
    async call() {
      const [name, args, answer] = server.call;
      const overRest = await person.invoke(`${alias}__${name}`, args);
      assertStatus(overRest, 200);
      assert.match(JSON.stringify(overRest.body.result), answer);
      assert.match(JSON.stringify(await called(server.call)), answer);
    },
    async 'wrong argument'() {
      const result = await called(server.wrong);
      assert.equal(result.isError, true);
      assert.match(JSON.stringify(result.content), server.wrong[2]);
    },
    progress: progress && (() => assertProgress(progress, called)),
  };
  return cases;
}

async function assertProgress(
  call: UpstreamServer['call'],
  called: (call: UpstreamServer['call'], onprogress: (update: unknown) => void) => Promise<unknown>,
): Promise<void> {
  const beats: unknown[] = [];
  assert.match(JSON.stringify(await called(call, (update) => beats.push(update))), call[2]);
  // The last step of the server itself, not only our own beats.
  assert.ok(
    beats.some((beat) => JSON.stringify(beat).includes('"progress":3')),
    `Its progress was not relayed: ${JSON.stringify(beats)}`,
  );
}

async function outcomeOf(work: Work | undefined): Promise<Outcome> {
  if (!work) return { outcome: 'unsupported', reason: 'No tool of the server reports progress.' };
  try {
    await work();
    return { outcome: 'passed' };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { outcome: 'failed', reason: message.replaceAll(/\s+/g, ' ').slice(0, REASON_LENGTH) };
  }
}

export async function runUpstream(
  server: UpstreamServer,
  { portunus, port }: { readonly portunus: Portunus; readonly port: number },
  options: ClientOptions,
): Promise<Record<string, Outcome>> {
  const stop = await start(server, port, options);
  try {
    const person = await portunus.person(server.id);
    const outcomes: Record<string, Outcome> = {};
    for (const [name, work] of Object.entries(casesOf(server, portunus, person, port)))
      outcomes[name] = await outcomeOf(work);
    return outcomes;
  } finally {
    await stop();
  }
}
