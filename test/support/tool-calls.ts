import type { Portunus } from './portunus.ts';

/**
 * AWS calls of `tools-invoke` while `work` ran, in order; but the two it begins with, which run side by side, by name. Limits
 * and sessions, looked at every ten seconds per instance, are counted elsewhere.
 */
export async function toolCalls({ journal }: Portunus, work: () => Promise<unknown>): Promise<string[]> {
  const before = journal.all().length;
  await work();
  const calls = journal
    .all()
    .slice(before)
    .filter(({ caller, operation }) => caller.includes('tools-invoke') && !operation.endsWith('GetItem'))
    .map(({ operation }) => operation);
  return [...calls.slice(0, 2).toSorted(), ...calls.slice(2)];
}
