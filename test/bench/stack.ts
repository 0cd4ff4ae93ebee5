import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildAssembly } from '#scripts/build.ts';

import { copyWithEmpty, folderOf } from './bare-assembly.ts';
import { type Beside, placeBeside } from './beside.ts';

/** Differences from an ordinary stack. */
export type Setup = {
  /** Functions that do nothing at all, beside `health`. */
  readonly empty?: readonly string[];
  readonly beside?: readonly Beside[];
  /** Nothing is made of the audit trail. */
  readonly quiet?: boolean;
  /** Origin in the place of OpenAI's. */
  readonly provider?: string;
};

/** `tokens`: new ones of these people. `calls`: the AWS calls of these functions, `since` ms of the epoch. */
export type Question = {
  readonly ask: 'tokens' | 'calls';
  readonly of: readonly string[];
  readonly since?: number;
};
export type AwsCall = {
  readonly at: number;
  readonly operation: string;
  readonly partitions?: readonly string[];
};

export type BenchStack = {
  readonly url: string;
  readonly token: string;
  readonly tokens: (people: readonly string[]) => Promise<readonly string[]>;
  readonly calls: (functions: readonly string[], since: number) => Promise<readonly AwsCall[]>;
};

function askerOf(child: ChildProcess) {
  const open = new Map<number, (answer: unknown) => void>();
  child.on('message', ({ id, answer }: { id: number; answer: unknown }) => open.get(id)?.(answer));
  return <T>(question: Question): Promise<T> =>
    new Promise((resolve) => {
      const id = open.size;
      open.set(id, (answer) => resolve(answer as T));
      child.send({ id, ...question });
    });
}

/** Runs `work` against a stack whose `health` does nothing at all. */
export async function withStack<T>(
  work: (stack: BenchStack) => Promise<T>,
  { empty = [], beside = [], ...setup }: Setup = {},
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'portunus-bench-'));
  const assembly = join(folder, 'cdk.out');
  copyWithEmpty(await buildAssembly({ stage: 'local' }), assembly, ['health', ...empty]);
  for (const one of beside) {
    await placeBeside(folderOf(assembly, one.name), join(folder, 'recordings'), one);
  }
  const child = fork(join(import.meta.dirname, 'stack-process.ts'), [JSON.stringify({ ...setup, assembly })]);
  const exited = once(child, 'exit');
  try {
    const [{ url, token }] = (await Promise.race([
      once(child, 'message'),
      exited.then(() => {
        throw new Error('The stack ended before it was ready.');
      }),
    ])) as [{ url: string; token: string }];
    const ask = askerOf(child);
    return await work({
      url,
      token,
      tokens: (of) => ask({ ask: 'tokens', of }),
      calls: (of, since) => ask({ ask: 'calls', of, since }),
    });
  } finally {
    if (child.connected) child.disconnect();
    await exited;
    await rm(folder, { recursive: true, force: true });
  }
}
