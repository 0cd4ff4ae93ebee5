// From tokens to money: whole micro-USD (millionths of a US dollar), rounded up. What has no price is unknown, never 0.
import type { TokenCounts } from './chat-answer.ts';
import { type Price, PRICE_VERSION, PRICES } from './price-table.ts';

export type Cost = { readonly costMicroUsd: number; readonly priceVersion: string };

/** A snapshot's date at the end of its name, as its provider writes it: it costs what its family costs. */
const SNAPSHOT: Readonly<Record<string, RegExp>> = {
  openai: /-\d{4}-\d{2}-\d{2}$/,
  anthropic: /-\d{8}$/,
};

function priceOf(provider: string, model: string): Price | undefined {
  const models = Object.hasOwn(PRICES, provider) ? PRICES[provider] : undefined;
  if (!models) return undefined;
  if (Object.hasOwn(models, model)) return models[model];
  const snapshot = SNAPSHOT[provider];
  const family = snapshot ? model.replace(snapshot, '') : model;
  return Object.hasOwn(models, family) ? models[family] : undefined;
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** USD per million tokens is micro-USD per token; a millionth of that is kept while adding up, so that nothing is lost. */
const millionths = (tokens: number, usdPerMillion: number): number =>
  tokens * Math.round(usdPerMillion * 1_000_000);

function total(price: Omit<Price, 'maxOutput' | 'long'>, counts: Required<Counted>): number | undefined {
  const { input, cached, written, output } = counts;
  const sum =
    millionths(input - cached - written, price.input) +
    millionths(cached, price.cachedInput) +
    millionths(written, price.cacheWrite) +
    millionths(output, price.output);
  return Number.isSafeInteger(sum) ? Math.ceil(sum / 1_000_000) : undefined;
}

type Counted = {
  readonly input: number;
  readonly cached: number;
  readonly written: number;
  readonly output: number;
};

/**
 * Cost of these tokens. Reasoning tokens are part of the output and are priced as such.
 * @returns `unknown` for a model without a price, and for counts that cannot be: negative, not whole, none at all, or
 * parts greater than their whole
 */
export function costOf(provider: string, model: string, tokens: TokenCounts): Cost | 'unknown' {
  const price = priceOf(provider, model);
  const { inputTokens: input, outputTokens: output } = tokens;
  const { cachedInputTokens: cached = 0, cacheWriteTokens: written = 0 } = tokens;
  const counts = [input, output, cached, written];
  if (!price || !counts.every(isCount) || cached + written > input || input + output === 0) return 'unknown';
  const tier = price.long && input > price.long.above ? price.long.price : price;
  const costMicroUsd = total(tier, { input, cached, written, output });
  return costMicroUsd === undefined ? 'unknown' : { costMicroUsd, priceVersion: PRICE_VERSION };
}

/** As much of a call as is known before it is made. */
export type Estimate = {
  readonly provider: string;
  readonly model: string;
  /** A token is a byte at least: no prompt has more tokens than its text has bytes. Absent: not billed by size. */
  readonly inputBytes?: number | undefined;
  /** Absent: as long as the model can. */
  readonly maxOutputTokens?: number | undefined;
};

/** The most that a call can cost, in micro-USD. */
export function worstCaseOf({ provider, model, inputBytes, maxOutputTokens }: Estimate): number | 'unknown' {
  const price = priceOf(provider, model);
  if (!price || inputBytes === undefined) return 'unknown';
  const outputTokens = Math.min(maxOutputTokens ?? Infinity, price.maxOutput);
  const sizes = { inputTokens: inputBytes, outputTokens };
  // All of the prompt may be written to the provider's cache, which is the dearest that can become of it.
  const written = costOf(provider, model, { ...sizes, cacheWriteTokens: inputBytes });
  const plain = costOf(provider, model, sizes);
  if (written === 'unknown' || plain === 'unknown') return 'unknown';
  return Math.max(written.costMicroUsd, plain.costMicroUsd);
}

/** Average of English text; other languages and code take more tokens. */
const BYTES_PER_TOKEN = 4;
/** An answer of a page or so. */
const USUAL_OUTPUT_TOKENS = 500;

/** Estimated cost of a call, in micro-USD: for comparing models, never for charging. */
export function likelyCostOf({ provider, model, inputBytes, maxOutputTokens }: Estimate): number | 'unknown' {
  if (inputBytes === undefined) return 'unknown';
  const cost = costOf(provider, model, {
    inputTokens: Math.ceil(inputBytes / BYTES_PER_TOKEN),
    outputTokens: Math.min(maxOutputTokens ?? Infinity, USUAL_OUTPUT_TOKENS),
  });
  return cost === 'unknown' ? cost : cost.costMicroUsd;
}

/** The longest answer of a model, in tokens, where the table states it. */
export const maxOutputOf = (provider: string, model: string): number | undefined =>
  priceOf(provider, model)?.maxOutput;
