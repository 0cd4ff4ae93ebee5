// Which instances of a function are free, and who waits for one that is about to be.
import type { Instance } from './instance.ts';

export type Roster = {
  readonly free: (instance: Instance) => void;
  readonly returning: (instance: Instance) => void;
  readonly gone: (instance: Instance) => void;
  /**
   * The most recently used free instance. A caller who asks again at once should find the one that served it, not
   * start a cold one: where an instance has answered and only has to say so, this waits for it.
   */
  readonly take: () => Promise<Instance | undefined>;
  readonly idleSince: (time: number) => readonly Instance[];
};

export function createRoster(): Roster {
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
      // Each returning instance comes back or dies by its deadline, and wakes one waiter.
      while (idle.length === 0 && returning.size > waiters.length) {
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
      return idle.pop();
    },
    idleSince: (time) => idle.filter((instance) => instance.idleSince() < time),
  };
}
