// A running pipe: passes over its stream for as long as the stack runs.
import type { Pause } from './event-ports.ts';
import type { ReadAll } from './shard-reader.ts';

export type Pipe = {
  readonly start: () => void;
  /** Resolves when two whole passes that began after this call found nothing. Rejects when the signal aborts first. */
  readonly drained: (signal: AbortSignal) => Promise<void>;
  readonly stop: () => Promise<void>;
};

type PipeOptions = {
  readonly name: string;
  readonly readAll: ReadAll;
  readonly pause: Pause;
  readonly onProblem: (line: string) => void;
  readonly onStopped: () => void;
};

const BUSY_PAUSE_MS = 20;
const IDLE_PAUSE_MS = 200;
const TROUBLED_PAUSE_MS = 1_000;

export function createPipe({ name, readAll, pause, onProblem, onStopped }: PipeOptions): Pipe {
  const stopping = new AbortController();
  const counts = { emptyPasses: 0, waiters: 0 };
  let running: Promise<void> | undefined;

  async function pass(signal: AbortSignal): Promise<number | undefined> {
    try {
      return await readAll(signal);
    } catch (error) {
      if (!signal.aborted) onProblem(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  async function run(signal: AbortSignal) {
    let pauseMs = BUSY_PAUSE_MS;
    while (!signal.aborted) {
      const count = await pass(signal);
      counts.emptyPasses = count === 0 ? counts.emptyPasses + 1 : 0;
      if (count === undefined) pauseMs = TROUBLED_PAUSE_MS;
      else if (count > 0 || counts.waiters > 0) pauseMs = BUSY_PAUSE_MS;
      else pauseMs = Math.min(pauseMs * 1.5, IDLE_PAUSE_MS);
      await pause(pauseMs, signal);
    }
  }

  return {
    start() {
      running ??= run(stopping.signal);
    },

    async drained(signal) {
      if (!running) return;
      counts.waiters++;
      counts.emptyPasses = -1; // the current pass may have read before this call
      try {
        while (counts.emptyPasses < 2) {
          signal.throwIfAborted();
          await pause(BUSY_PAUSE_MS, signal);
        }
      } finally {
        counts.waiters--;
      }
    },

    async stop() {
      stopping.abort();
      await running;
      onStopped();
    },
  };
}
