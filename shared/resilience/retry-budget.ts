// Budget of retries: one for ten calls of an upstream.

const TOKENS_PER_CALL = 0.1;
const MAX_TOKENS = 10;
/** The first failure of an instance may be retried. */
const FIRST_TOKENS = 1;
const MAX_NAMES = 1000;

export type RetryBudget = {
  /** Earns a tenth of a retry. */
  readonly earn: (name: string) => void;
  /** False if the budget is used up. */
  readonly spend: (name: string) => boolean;
};

/** Token bucket for each upstream, in this instance: with every call failing, requests grow by a tenth at most. */
export function createRetryBudget(): RetryBudget {
  const tokens = new Map<string, number>();
  const left = (name: string) => tokens.get(name) ?? FIRST_TOKENS;
  const set = (name: string, value: number) => {
    if (tokens.size >= MAX_NAMES && !tokens.has(name)) tokens.clear();
    tokens.set(name, value);
  };
  return {
    earn: (name) => set(name, Math.min(MAX_TOKENS, left(name) + TOKENS_PER_CALL)),
    spend(name) {
      if (left(name) < 1) return false;
      set(name, left(name) - 1);
      return true;
    },
  };
}
