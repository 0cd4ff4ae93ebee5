// In the place of shared/services/spending.ts, in the bundle that admission is measured against: nothing is reserved or settled.
import type { Account } from '#shared/limits/spending.ts';

const free: Account<never> = {
  reserve: (_estimate, commit) => commit([]),
  async settle(_ending, commit) {
    await commit([], undefined);
    return undefined;
  },
};

export const spending = () => () => free;
