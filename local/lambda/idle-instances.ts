// Idle instances of a function, and callers that wait for one about to become idle.
import type { Instance } from './instance.ts';

export type IdleInstances = {
  readonly free: (instance: Instance) => void;
  readonly returning: (instance: Instance) => void;
  readonly gone: (instance: Instance) => void;
  /**
   * Returns the most recently used idle instance. A caller that invokes again at once should get the instance that served it
   * and no cold start: while an instance that has responded is about to poll again, this waits for it.
   */
  readonly take: () => Promise<Instance | undefined>;
  readonly idleSince: (time: number) => readonly Instance[];
};

export function createIdleInstances(): IdleInstances {
  let idle: Instance[] = [];
  const returning = new Set<Instance>();
  const waiters: (() => void)[] = [];

  function back(instance: Instance): void {
    if (returning.delete(instance)) waiters.shift()?.();
  }

  return {
    free(instance) {
      idle.push(instance);
      back(instance);
    },
    returning(instance) {
      returning.add(instance);
    },
    gone(instance) {
      idle = idle.filter((other) => other !== instance);
      back(instance);
    },
    async take() {
      // Each returning instance becomes idle or dies by its deadline, and then wakes one waiter.
      while (idle.length === 0 && returning.size > waiters.length) {
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
      return idle.pop();
    },
    idleSince: (time) => idle.filter((instance) => instance.idleSince() < time),
  };
}
