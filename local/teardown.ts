// Stops the started parts in reverse order, each with a time limit, regardless of the others' failures.

export type Teardown = {
  readonly add: (name: string, stop: () => Promise<unknown> | undefined) => void;
  /** Runs once; a second call waits for the first. Rejects at the end if a part failed to stop. */
  readonly run: () => Promise<void>;
};

const BOUND_MS = 10_000;

export function createTeardown(): Teardown {
  const steps: { name: string; stop: () => Promise<unknown> | undefined }[] = [];
  let running: Promise<void> | undefined;

  async function stopAll(): Promise<void> {
    const failures: Error[] = [];
    for (const { name, stop } of steps.toReversed()) {
      try {
        await withinBound(name, stop());
      } catch (cause) {
        failures.push(new Error(`${name} did not stop cleanly.`, { cause }));
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, failures.map(({ message }) => message).join(' '));
  }

  return {
    add: (name, stop) => steps.push({ name, stop }),
    run: () => (running ??= stopAll()),
  };
}

async function withinBound(name: string, stopped: Promise<unknown> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} took longer than ${BOUND_MS} ms.`)), BOUND_MS);
  });
  try {
    await Promise.race([stopped, bound]);
  } finally {
    clearTimeout(timer);
  }
}
