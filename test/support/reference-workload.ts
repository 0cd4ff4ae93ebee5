// Reference workload of the cache: what the users of a chatbot do in a day, as a list that is the same for the same seed.
//
// 20 owners, of whom a few make most of the calls (Zipf, exponent 1). Of 100 requests 40 are prompts of a catalogue of 60
// (suggestions, canned questions; Zipf), at temperature 0; 20 are free prompts that are not repeated, at temperature 0.7; 25 are
// embeddings of one of 80 texts (repeated lookups; Zipf); 15 are prompts that name neither provider nor model, answered by the
// preferences of the owner; of 1,000, two change preferences, after which the answers that depend on them are computed again.
import { createRandom } from './seeded-random.ts';

export type WorkloadCall =
  | {
      readonly kind: 'prompt' | 'free' | 'embedding' | 'preferred';
      readonly owner: number;
      readonly item: number;
    }
  | { readonly kind: 'preferences'; readonly owner: number };

export const WORKLOAD_OWNERS = 20;
const PROMPTS = 60;
const TEXTS = 80;

/** Index from 0 whose share falls with its rank. */
function createZipf(count: number, random: () => number): () => number {
  const weights = Array.from({ length: count }, (_, rank) => 1 / (rank + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return () => {
    let left = random() * total;
    const at = weights.findIndex((weight) => (left -= weight) <= 0);
    return at < 0 ? count - 1 : at;
  };
}

export function referenceWorkload(calls: number, seed = 14): WorkloadCall[] {
  const random = createRandom(seed);
  const [ownerRank, promptRank, textRank] = [WORKLOAD_OWNERS, PROMPTS, TEXTS].map((count) =>
    createZipf(count, random),
  ) as [() => number, () => number, () => number];
  return Array.from({ length: calls }, (_, at): WorkloadCall => {
    const [share, owner] = [random(), ownerRank()];
    if (share < 0.4) return { kind: 'prompt', owner, item: promptRank() };
    if (share < 0.6) return { kind: 'free', owner, item: at };
    if (share < 0.85) return { kind: 'embedding', owner, item: textRank() };
    if (share < 0.998) return { kind: 'preferred', owner, item: promptRank() % 10 };
    return { kind: 'preferences', owner };
  });
}
