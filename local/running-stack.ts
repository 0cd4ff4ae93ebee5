// Addresses of the running stack, in a file for other processes of this machine.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

import { processExists } from './home-lock.ts';

const RunningStack = z.object({
  pid: z.number().int(),
  url: z.string(),
  issuer: z.string(),
  audience: z.string(),
  /** Address and bearer token of the admin endpoint. */
  admin: z.object({ url: z.string(), token: z.string() }),
});
export type RunningStack = z.infer<typeof RunningStack>;

const fileIn = (home: string) => join(home, 'stack.json');

export function announce(home: string, stack: RunningStack): void {
  const file = fileIn(home);
  writeFileSync(`${file}.new`, JSON.stringify(stack), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function withdraw(home: string): void {
  rmSync(fileIn(home), { force: true });
}

/** The stack that runs on this home, `undefined` if none does. */
export function runningStack(home: string): RunningStack | undefined {
  let text: string;
  try {
    text = readFileSync(fileIn(home), 'utf8');
  } catch {
    return undefined;
  }
  const stack = RunningStack.parse(JSON.parse(text));
  return processExists(stack.pid) ? stack : undefined;
}
