// The ports of a home, the same at every start: tokens contain the issuer's address, and owner ids derive from it.
import { randomInt } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

import * as z from 'zod';

import { listen } from './listen.ts';

const Ports = z.object({ api: z.number().int(), issuer: z.number().int(), provider: z.number().int() });
export type Ports = z.infer<typeof Ports>;

/** Below the ephemeral port range, so that the ports of a stopped home stay free. */
const FREE_FROM = 20_000;
const FREE_TO = 32_000;
const TRIES = 50;

/**
 * `port` is the API's; issuer and providers take the two after it at the home's first start and keep them. 0: the ports of the last
 * start, else free ones. Throws when a port is taken.
 */
export async function claimPorts(home: string, port: number): Promise<Ports> {
  const ports = await checkPorts(home, port);
  const file = fileIn(home);
  writeFileSync(`${file}.new`, JSON.stringify(ports));
  renameSync(`${file}.new`, file);
  return ports;
}

/** @returns what `claimPorts` would claim. Throws as it does. */
export async function checkPorts(home: string, port: number): Promise<Ports> {
  const file = fileIn(home);
  const known = readPorts(file);
  const ports = port === 0 ? (known ?? (await freePorts())) : chosenPorts(port, known);
  if (new Set(Object.values(ports)).size < 3) {
    throw new Error(`Port ${port} belongs to another part of this home (${file}). Choose another one.`);
  }
  for (const [part, number] of Object.entries(ports)) await assertFree(part, number);
  return ports;
}

const fileIn = (home: string) => join(home, 'ports.json');

const chosenPorts = (api: number, known: Ports | undefined): Ports => ({
  api,
  issuer: known?.issuer ?? api + 1,
  provider: known?.provider ?? api + 2,
});

function readPorts(file: string): Ports | undefined {
  try {
    return Ports.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Error(`${file} does not hold the ports of this home.`, { cause: error });
  }
}

async function freePorts(): Promise<Ports> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const api = randomInt(FREE_FROM, FREE_TO);
    const ports = { api, issuer: api + 1, provider: api + 2 };
    const free = await Promise.all(Object.values(ports).map(isFree));
    if (free.every(Boolean)) return ports;
  }
  throw new Error('No free ports were found on this machine.');
}

async function assertFree(part: string, port: number): Promise<void> {
  if (await isFree(port)) return;
  throw new Error(`Port ${port}, needed by this home's ${part}, is in use by another program.`);
}

async function isFree(port: number): Promise<boolean> {
  try {
    const { close } = await listen(createServer(), port);
    await close();
    return true;
  } catch {
    return false;
  }
}
