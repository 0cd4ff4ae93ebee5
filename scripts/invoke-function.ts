// How an operator's command reaches a function of a stage: the running local stack, or AWS through its own command line.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import * as z from 'zod';

import { runningStack } from '#local/running-stack.ts';

import { homeFolder } from './home.ts';

const Failure = z.object({ errorMessage: z.string() });

const told = (payload: unknown) =>
  Failure.safeParse(payload).data?.errorMessage ?? 'The function failed and did not say why.';

/** @throws with the function's own words when it failed */
export const invokeFunction = (stage: string, name: string, order: object): Promise<unknown> =>
  stage === 'local' ? invokeLocally(name, order) : invokeOnAws(`portunus-${stage}-${name}`, order);

async function invokeLocally(name: string, order: object): Promise<unknown> {
  const home = homeFolder();
  const stack = runningStack(home);
  if (!stack) throw new Error(`No stack is running on ${home}. Start one with: npm start`);
  const { url, token } = stack.admin;
  const response = await fetch(`${url}/functions/portunus-local-${name}/invocations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(order),
  });
  if (!response.ok) throw new Error(`The running stack refuses to invoke ${name} (${response.status}).`);
  const { payload, functionError } = (await response.json()) as { payload: unknown; functionError?: string };
  if (functionError) throw new Error(told(payload));
  return payload;
}

const AWS_INVOKE =
  'lambda invoke --output json --cli-binary-format raw-in-base64-out --cli-read-timeout 120'.split(' ');

/** The answer goes to a file: the command line prints its own report to stdout. */
async function invokeOnAws(functionName: string, order: object): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'portunus-invoke-'));
  const file = join(folder, 'answer.json');
  try {
    const { stdout } = await promisify(execFile)('aws', [
      ...AWS_INVOKE,
      '--function-name',
      functionName,
      '--payload',
      JSON.stringify(order),
      file,
    ]);
    const payload: unknown = JSON.parse(await readFile(file, 'utf8'));
    if ('FunctionError' in (JSON.parse(stdout) as object)) throw new Error(told(payload));
    return payload;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
