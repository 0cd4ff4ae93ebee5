// Invokes a function of a stage for an operator's command: on the running local stack, or on AWS through the AWS command line.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import * as z from 'zod';

import { runningStack } from '#local/running-stack.ts';

import { homeFolder } from './home.ts';

const Failure = z.object({ errorMessage: z.string() });

const errorMessageOf = (payload: unknown) =>
  Failure.safeParse(payload).data?.errorMessage ?? 'The function failed without an error message.';

/** @throws with the error message of the function */
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
  if (!response.ok)
    throw new Error(`The running stack rejected the invocation of ${name} (${response.status}).`);
  const { payload, functionError } = (await response.json()) as { payload: unknown; functionError?: string };
  if (functionError) throw new Error(errorMessageOf(payload));
  return payload;
}

const AWS_INVOKE =
  'lambda invoke --output json --cli-binary-format raw-in-base64-out --cli-read-timeout 120'.split(' ');

/** Writes the response to a file: the AWS command line prints metadata to stdout. */
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
    if ('FunctionError' in (JSON.parse(stdout) as object)) throw new Error(errorMessageOf(payload));
    return payload;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
