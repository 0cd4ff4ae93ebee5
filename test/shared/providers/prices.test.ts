import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { TokenCounts } from '#shared/providers/chat-answer.ts';
import { CATALOG } from '#shared/providers/catalog.ts';
import { PRICE_VERSION, PRICES } from '#shared/providers/price-table.ts';
import { costOf, worstCaseOf } from '#shared/providers/prices.ts';

const priced = Object.entries(PRICES).flatMap(([provider, models]) =>
  Object.keys(models).map((model) => [provider, model] as const),
);
const microUsd = (provider: string, model: string, tokens: TokenCounts): number => {
  const cost = costOf(provider, model, tokens);
  if (cost === 'unknown') throw new Error(`${model} has no price.`);
  return cost.costMicroUsd;
};
const counts = fc
  .record({
    input: fc.nat(400_000),
    output: fc.integer({ min: 1, max: 200_000 }),
    cached: fc.nat(100),
    written: fc.nat(100),
  })
  .map(({ input, output, cached, written }) => ({
    inputTokens: input,
    outputTokens: output,
    cachedInputTokens: Math.floor((input * cached) / 200),
    cacheWriteTokens: Math.floor((input * written) / 200),
  }));

describe('the cost of a call', () => {
  it('is whole micro-USD by the table, rounded up, with the version of the table', () => {
    expect(costOf('openai', 'gpt-4.1-mini', { inputTokens: 1000, outputTokens: 500 })).toEqual({
      costMicroUsd: 400 + 800,
      priceVersion: PRICE_VERSION,
    });
    expect(microUsd('openai', 'gpt-4.1-mini', { inputTokens: 1, outputTokens: 0 })).toBe(1);
    expect(microUsd('openai', 'text-embedding-3-small', { inputTokens: 1_000_000, outputTokens: 0 })).toBe(
      20_000,
    );
  });

  it('takes what came from the provider’s cache, and what was written to it, at their own prices', () => {
    const tokens = { inputTokens: 10_000, outputTokens: 100 };
    expect(microUsd('anthropic', 'claude-haiku-4-5', tokens)).toBe(10_000 + 500);
    expect(microUsd('anthropic', 'claude-haiku-4-5', { ...tokens, cachedInputTokens: 4000 })).toBe(
      6000 + 400 + 500,
    );
    expect(
      microUsd('anthropic', 'claude-haiku-4-5', {
        ...tokens,
        cachedInputTokens: 4000,
        cacheWriteTokens: 2000,
      }),
    ).toBe(4000 + 400 + 2500 + 500);
  });

  it('counts reasoning once: it is part of the answer', () => {
    const tokens = { inputTokens: 10, outputTokens: 1000 };
    const thought = { ...tokens, reasoningTokens: 900 };
    expect(microUsd('openai', 'gpt-5', thought)).toBe(microUsd('openai', 'gpt-5', tokens));
  });

  it('is higher for the whole call where a long prompt costs more', () => {
    expect(microUsd('google', 'gemini-2.5-pro', { inputTokens: 200_000, outputTokens: 1000 })).toBe(260_000);
    expect(microUsd('google', 'gemini-2.5-pro', { inputTokens: 200_001, outputTokens: 1000 })).toBe(515_003);
  });

  it('of a prompt that OpenAI keeps is that of writing it', () => {
    const tokens = { inputTokens: 10_000, outputTokens: 100 };
    expect(microUsd('openai', 'gpt-6.2-sol', tokens)).toBe(20_000 + 1000);
    expect(
      microUsd('openai', 'gpt-6.2-sol', { ...tokens, cacheWriteTokens: 4000, cachedInputTokens: 2000 }),
    ).toBe(8000 + 10_000 + 200 + 1000);
    const long = { inputTokens: 272_001, outputTokens: 1000, cacheWriteTokens: 272_001 };
    expect(microUsd('openai', 'gpt-6.2-sol', long)).toBe(272_001 * 5 + 15_000);
  });

  it('of a dated snapshot is that of its family, unless it has a price of its own', () => {
    const tokens = { inputTokens: 1000, outputTokens: 1000 };
    const snapshots = [
      ['openai', 'gpt-4.1-mini-2025-04-14', 'gpt-4.1-mini'],
      ['anthropic', 'claude-haiku-4-5-20251001', 'claude-haiku-4-5'],
    ] as const;
    for (const [provider, snapshot, family] of snapshots) {
      expect(microUsd(provider, snapshot, tokens)).toBe(microUsd(provider, family, tokens));
    }
    expect(microUsd('openai', 'gpt-4o-2024-05-13', tokens)).toBe(20_000);
    expect(microUsd('openai', 'gpt-4o-2024-08-06', tokens)).toBe(12_500);
  });

  it.each([
    ['a model nobody knows', 'openai', 'gpt-99'],
    ['a longer name', 'openai', 'gpt-4.1-mini-turbo'],
    ['a name that only starts alike', 'openai', 'gpt-4.1-mini-2025-04-14-evil'],
    ['a date in another provider’s manner', 'openai', 'gpt-4.1-mini-20250414'],
    ['a moving alias', 'mistral', 'mistral-large-latest'],
    ['a provider without prices', 'compatible', 'gpt-4.1-mini'],
    ['a name of the language itself', 'openai', 'constructor'],
    ['a provider called like one', '__proto__', 'toString'],
  ])('of %s is unknown, never 0', (_kind, provider, model) => {
    expect(costOf(provider, model, { inputTokens: 5, outputTokens: 5 })).toBe('unknown');
    expect(worstCaseOf({ provider, model, inputBytes: 5 })).toBe('unknown');
  });

  it.each([
    ['negative', { inputTokens: -1, outputTokens: 5 }],
    ['broken', { inputTokens: 1.5, outputTokens: 5 }],
    ['not a number', { inputTokens: Number.NaN, outputTokens: 5 }],
    ['beyond counting', { inputTokens: 2 ** 53, outputTokens: 5 }],
    ['none at all', { inputTokens: 0, outputTokens: 0 }],
    ['parts greater than the whole', { inputTokens: 5, outputTokens: 5, cachedInputTokens: 6 }],
  ])('of counts that are %s is unknown', (_kind, tokens) => {
    expect(costOf('openai', 'gpt-4.1-mini', tokens)).toBe('unknown');
  });

  it('never falls when more is asked or answered, and is never 0', () => {
    fc.assert(
      fc.property(fc.constantFrom(...priced), counts, fc.nat(1000), ([provider, model], tokens, more) => {
        const cost = microUsd(provider, model, tokens);
        expect(Number.isSafeInteger(cost)).toBe(true);
        expect(cost).toBeGreaterThanOrEqual(tokens.inputTokens > 0 ? 1 : 0);
        const asked = { ...tokens, inputTokens: tokens.inputTokens + more };
        const answered = { ...tokens, outputTokens: tokens.outputTokens + more };
        expect(microUsd(provider, model, asked)).toBeGreaterThanOrEqual(cost);
        expect(microUsd(provider, model, answered)).toBeGreaterThanOrEqual(cost);
      }),
    );
  });

  it('is never more than was estimated before the call from its sizes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...priced), counts, ([provider, model], tokens) => {
        const { inputTokens, outputTokens: maxOutputTokens } = tokens;
        const worst = worstCaseOf({ provider, model, inputBytes: inputTokens, maxOutputTokens });
        const longest = Math.min(maxOutputTokens, PRICES[provider]?.[model]?.maxOutput ?? 0);
        if (inputTokens + longest === 0) return;
        expect(worst).toBeGreaterThanOrEqual(microUsd(provider, model, { ...tokens, outputTokens: longest }));
      }),
    );
  });

  it.each(['openai', 'anthropic', 'google', 'mistral'])(
    'is known for the default model of %s',
    (provider) => {
      for (const { id, defaultModel } of CATALOG.filter((facts) => facts.id === provider)) {
        expect(costOf(id, defaultModel, { inputTokens: 1, outputTokens: 1 })).not.toBe('unknown');
      }
    },
  );
});
