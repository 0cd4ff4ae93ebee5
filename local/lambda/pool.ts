// The instances of one function: one event each, a new one when all are busy, none beyond the limit.
import { LambdaRejection } from './function-error.ts';
import type { Instance, InstanceHooks } from './instance.ts';
import { createIdleInstances } from './idle-instances.ts';
import type { Answer, Work } from './runtime-api.ts';

export type Pool = {
  readonly run: (work: Work) => Promise<Answer>;
  readonly stop: () => Promise<void>;
};

export type PoolOptions = {
  readonly maxInstances: number;
  readonly start: (hooks: InstanceHooks) => Promise<Instance>;
  readonly onStart: (instance: Instance) => void;
  readonly onExit: (instance: Instance) => void;
};

const IDLE_LIMIT_MS = 5 * 60_000;
const SWEEP_MS = 30_000;

export function createPool({ maxInstances, start, onStart, onExit }: PoolOptions): Pool {
  const roster = createIdleInstances();
  const living = new Set<Instance>();
  let starting = 0;
  let stopping: (() => void) | undefined;

  const hooks: InstanceHooks = {
    onIdle: roster.free,
    onReturning: roster.returning,
    onExit(instance) {
      roster.gone(instance);
      living.delete(instance);
      onExit(instance);
      stopIfEmpty();
    },
  };

  function stopIfEmpty(): void {
    if (living.size + starting === 0) stopping?.();
  }

  const sweep = setInterval(() => {
    for (const instance of roster.idleSince(Date.now() - IDLE_LIMIT_MS)) instance.kill();
  }, SWEEP_MS);
  sweep.unref();

  async function add(): Promise<Instance> {
    if (stopping !== undefined || living.size + starting >= maxInstances) {
      throw new LambdaRejection('TooManyRequestsException', 'Rate Exceeded.');
    }
    starting += 1;
    try {
      const instance = await start(hooks);
      living.add(instance);
      onStart(instance);
      if (stopping !== undefined) instance.kill(); // stop() was called while it started
      return instance;
    } finally {
      starting -= 1;
      stopIfEmpty();
    }
  }

  return {
    run: async (work) => ((await roster.take()) ?? (await add())).run(work),
    async stop() {
      clearInterval(sweep);
      const gone = new Promise<void>((resolve) => {
        stopping = resolve;
      });
      for (const instance of living) instance.kill();
      stopIfEmpty();
      await gone;
    },
  };
}
