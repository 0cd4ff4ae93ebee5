// Admission is a write, and what a tool reads first is another call of the store: where it may, the one does not wait for the other.
import type { Tool } from './tool.ts';

/** A tool that works with a key reads which there are before it begins: that need not wait. */
export const readsFirst = ({ requiresKey }: Pick<Tool, 'requiresKey'>): boolean => requiresKey !== undefined;

/**
 * Result of a tool that runs while its caller is being admitted. Both are awaited; an error of admission takes precedence over the
 * outcome of the tool.
 * @param recover result after a failure of the tool
 */
export async function afterAdmission<T>(
  admitted: Promise<void>,
  run: () => Promise<T>,
  recover: (failure: unknown) => Promise<T>,
): Promise<T> {
  // A tool that throws before it returns a promise must not leave a rejected admission behind.
  const [admission, ran] = await Promise.allSettled([admitted, Promise.try(run)]);
  if (admission.status === 'rejected') throw admission.reason;
  if (ran.status === 'rejected') return recover(ran.reason);
  return ran.value;
}
