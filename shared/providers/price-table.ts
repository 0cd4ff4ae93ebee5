// Prices of models, by the providers' own model names. Any change here needs a new PRICE_VERSION: records name the version
// that they were priced with.
//
// Compared on 2026-11-23 with what the providers publish at the address above each table, partly by copies of those pages. Not
// found there: gpt-6.1-sol and gpt-6-astra (dated tables of others), gpt-4o-2024-05-13, gpt-4-turbo, o1, o3-mini and OpenAI's
// embeddings (as they were published before). A name that moves from one price to another is left out: "unknown" is better than wrong.
// Options that cost more than a row states are never requested: OpenAI's faster tiers, longer cache lifetimes, audio. A
// provider's regional endpoints cost a tenth more; the default origins are not regional.

export const PRICE_VERSION = '2026-11-23';

/** USD per million tokens. */
export type Price = {
  readonly input: number;
  /** Input that is read from the provider's prompt cache. */
  readonly cachedInput: number;
  /** Input that is written to it, with the shortest lifetime of the provider; no request can choose a longer one. */
  readonly cacheWrite: number;
  readonly output: number;
  /** The longest answer, in tokens: what a call may cost that names no bound. */
  readonly maxOutput: number;
  /** Price of the whole call when its prompt is longer than `above` tokens. */
  readonly long?: { readonly above: number; readonly price: Omit<Price, 'maxOutput' | 'long'> };
};

type Rates = readonly [input: number, cachedInput: number, output: number, cacheWrite?: number];

const rates = ([input, cachedInput, output, cacheWrite = input]: Rates) => ({
  input,
  cachedInput,
  output,
  cacheWrite,
});

const price = (maxOutput: number, ...given: Rates): Price => ({ ...rates(given), maxOutput });

const withLong = (base: Price, above: number, ...given: Rates): Price => ({
  ...base,
  long: { above, price: rates(given) },
});

const embedding = (input: number): Price => price(0, input, input, 0);

/** developers.openai.com/api/docs/models/<model>. Above 272,000 tokens the input costs double, the answer half as much again. */
const LONG = 272_000;
const OPENAI: Readonly<Record<string, Price>> = {
  'gpt-6.2-sol': withLong(price(128_000, 2, 0.1, 10, 2.5), LONG, 4, 0.2, 15, 5),
  'gpt-6.1-sol': withLong(price(128_000, 2, 0.1, 10, 2.5), LONG, 4, 0.2, 15, 5),
  'gpt-6-astra': withLong(price(128_000, 10, 1, 50, 12.5), LONG, 20, 2, 75, 25),
  'gpt-5.5': withLong(price(128_000, 5, 0.5, 30), LONG, 10, 1, 45),
  'gpt-5.4': withLong(price(128_000, 2.5, 0.25, 15), LONG, 5, 0.5, 22.5),
  'gpt-5.4-mini': price(128_000, 0.75, 0.075, 4.5),
  'gpt-5.4-nano': price(128_000, 0.2, 0.02, 1.25),
  'gpt-5.2': price(128_000, 1.75, 0.175, 14),
  'gpt-5.1': price(128_000, 1.25, 0.125, 10),
  'gpt-5': price(128_000, 1.25, 0.125, 10),
  'gpt-5-mini': price(128_000, 0.25, 0.025, 2),
  'gpt-5-nano': price(128_000, 0.05, 0.005, 0.4),
  'gpt-4.1': price(32_768, 2, 0.5, 8),
  'gpt-4.1-mini': price(32_768, 0.4, 0.1, 1.6),
  'gpt-4.1-nano': price(32_768, 0.1, 0.025, 0.4),
  'gpt-4o': price(16_384, 2.5, 1.25, 10),
  'gpt-4o-2024-05-13': price(16_384, 5, 5, 15), // the one snapshot that costs more than its family
  'gpt-4o-mini': price(16_384, 0.15, 0.075, 0.6),
  'gpt-4-turbo': price(4096, 10, 10, 30),
  'gpt-3.5-turbo': price(4096, 0.5, 0.5, 1.5),
  o3: price(100_000, 2, 0.5, 8),
  'o3-mini': price(100_000, 1.1, 0.55, 4.4),
  'o4-mini': price(100_000, 1.1, 0.275, 4.4),
  o1: price(100_000, 15, 7.5, 60),
  'text-embedding-3-small': embedding(0.02),
  'text-embedding-3-large': embedding(0.13),
  'text-embedding-ada-002': embedding(0.1),
};

/** platform.claude.com/docs/en/about-claude/pricing. Reasoning is paid as an answer; US-only inference is not asked for. */
const OPUS = price(128_000, 5, 0.5, 25, 6.25);
const SONNET = price(128_000, 3, 0.3, 15, 3.75);
const OLD_OPUS = price(32_000, 15, 1.5, 75, 18.75);

const ANTHROPIC: Readonly<Record<string, Price>> = {
  'claude-fable-5-1': price(128_000, 10, 0.25, 50, 12.5),
  'claude-fable-5': price(128_000, 10, 1, 50, 12.5),
  'claude-opus-5-5': price(128_000, 4, 0.2, 20, 5),
  'claude-opus-5': OPUS,
  'claude-opus-4-8': OPUS,
  'claude-opus-4-7': OPUS,
  'claude-opus-4-6': OPUS,
  'claude-opus-4-5': OPUS,
  'claude-opus-4-1': OLD_OPUS,
  'claude-opus-4': OLD_OPUS,
  'claude-sonnet-5-5': price(128_000, 2, 0.1, 10, 2.5), // reads of its cache cost half since 2026-10-07
  'claude-sonnet-5': price(128_000, 2, 0.2, 10, 2.5),
  'claude-sonnet-4-6': SONNET,
  'claude-sonnet-4-5': SONNET,
  'claude-sonnet-4': SONNET,
  'claude-haiku-5-5': withLong(price(128_000, 0.1, 0.01, 0.5, 0.125), 100_000, 0.5, 0.05, 2.5, 0.625),
  'claude-haiku-4-5': price(64_000, 1, 0.1, 5, 1.25),
  'claude-3-5-haiku': price(8192, 0.8, 0.08, 4, 1),
};

/** ai.google.dev/gemini-api/docs/pricing: the paid tier, text and pictures; thoughts are paid as an answer. */
const GOOGLE: Readonly<Record<string, Price>> = {
  'gemini-3.5-flash': price(65_536, 1.5, 0.15, 9),
  'gemini-3.1-pro-preview': withLong(price(65_536, 2, 0.2, 12), 200_000, 4, 0.4, 18),
  'gemini-3.1-flash-lite': price(65_536, 0.25, 0.025, 1.5),
  'gemini-3-flash-preview': price(65_536, 0.5, 0.05, 3),
  'gemini-2.5-pro': withLong(price(65_536, 1.25, 0.125, 10), 200_000, 2.5, 0.25, 15),
  'gemini-2.5-flash': price(65_536, 0.3, 0.03, 2.5),
  'gemini-2.5-flash-lite': price(65_536, 0.1, 0.01, 0.4),
  'gemini-embedding-001': embedding(0.15),
};

/**
 * mistral.ai/pricing/api. Mistral states no longest answer: the context is the bound. Its `-latest` names move between prices and
 * are left out. What is read from its cache costs a tenth, where it says so.
 */
const MISTRAL: Readonly<Record<string, Price>> = {
  'mistral-large-2512': price(262_144, 0.5, 0.05, 1.5),
  'mistral-medium-3-5': price(262_144, 1.5, 0.15, 7.5),
  'mistral-small-2603': price(262_144, 0.15, 0.015, 0.6),
  'mistral-small-2506': price(131_072, 0.1, 0.1, 0.3),
  'ministral-14b-2512': price(262_144, 0.2, 0.02, 0.2),
  'ministral-8b-2512': price(262_144, 0.15, 0.015, 0.15),
  'ministral-3b-2512': price(262_144, 0.1, 0.01, 0.1),
  'codestral-2508': price(262_144, 0.3, 0.03, 0.9),
  'mistral-embed': embedding(0.1),
};

/** Provider → model → price. The cost of a provider that is not listed is unknown. */
export const PRICES: Readonly<Record<string, Readonly<Record<string, Price>>>> = {
  openai: OPENAI,
  anthropic: ANTHROPIC,
  google: GOOGLE,
  mistral: MISTRAL,
};
