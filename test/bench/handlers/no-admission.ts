// Replaces shared/composition/admission.ts in the bundle that admission is measured against: every call is admitted, nothing is
// reserved or settled.
import type { Account } from '#shared/limits/spending.ts';

const admit = (): Promise<void> => Promise.resolve();

export const admission = () => ({ admitCall: admit, admitProvider: admit, slowDown: admit });

export const pacing = () => ({ attach: () => undefined, admit, observe: admit, isLow: () => false });

const free: Account<never> = {
  reserve: (_estimate, commit) => commit([]),
  async settle(_ending, commit) {
    await commit([], undefined);
    return undefined;
  },
};

export const spending = () => () => free;
