// The provider of the bench, in a process of its own: everybody who is measured calls the same one.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export type Provider = {
  readonly url: string;
  /** From now on it thinks so long before it answers. */
  readonly delay: (delayMs: number) => Promise<void>;
  /** When it was asked for a completion since this was last asked: ms since the epoch. */
  readonly asked: () => Promise<readonly number[]>;
  readonly stop: () => void;
};

export async function startProvider(): Promise<Provider> {
  const child = fork(join(import.meta.dirname, 'provider-process.ts'));
  const told = async () => (await once(child, 'message')) as [{ url: string; askedAt: number[] }];
  const [{ url }] = await told();
  return {
    url,
    async delay(delayMs) {
      const done = told();
      child.send({ delayMs });
      await done;
    },
    async asked() {
      const done = told();
      child.send('asked');
      const [{ askedAt }] = await done;
      return askedAt;
    },
    stop: () => child.disconnect(),
  };
}
