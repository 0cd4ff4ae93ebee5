// Whom a call means that leaves it to a rule. There is no rule "fastest": nothing here measures how fast providers are. An
// instance sees too few calls, their answers are of all lengths, and a row that every call writes would cost each of them.
import type { ProviderFacts } from './catalog.ts';
import { likelyCostOf } from './prices.ts';

/** `preferred`: as the owner's preferences say, else by the order of their keys. */
export const POLICIES = ['preferred', 'cheapest'] as const;
export type Policy = (typeof POLICIES)[number];

/** As much of a question as its price depends on. */
export type Size = { readonly inputBytes: number; readonly maxOutputTokens?: number | undefined };

/** Why this provider and model: all that could have been asked, the chosen one first. */
export type ChosenBy = {
  readonly policy: Policy;
  readonly among: readonly {
    readonly provider: string;
    readonly model: string;
    readonly costMicroUsd: number | 'unknown';
  }[];
};

type Option = { readonly facts: ProviderFacts; readonly model: string };

const rank = (cost: number | 'unknown') => (cost === 'unknown' ? Infinity : cost);

/** Among equals the first; what has no price comes last. */
export function cheapestOf<T extends Option>(options: readonly T[], size: Size) {
  const among = options
    .map((option) => ({
      option,
      costMicroUsd: likelyCostOf({ provider: option.facts.id, model: option.model, ...size }),
    }))
    .toSorted((a, b) => {
      const [one, other] = [rank(a.costMicroUsd), rank(b.costMicroUsd)];
      return one === other ? 0 : one - other;
    });
  const [first] = among;
  if (!first) return undefined;
  const candidates = among.map(({ option: { facts, model }, costMicroUsd }) => ({
    provider: facts.id,
    model,
    costMicroUsd,
  }));
  return { ...first.option, chosenBy: { policy: 'cheapest', among: candidates } satisfies ChosenBy };
}
