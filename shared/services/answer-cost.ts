import type { Cost, Estimate } from '#shared/limits/spending.ts';
import { costOf } from '#shared/providers/prices.ts';
import type { CallMeta } from '#shared/tools/tool.ts';

/** Cost by the model that the provider says it served; by the requested one where that name has no price. */
export function costOfAnswer(served: CallMeta, asked: Estimate): { provider: string; cost: Cost } {
  const provider = served.provider ?? asked.provider;
  const tokens = {
    inputTokens: served.input_tokens ?? 0,
    outputTokens: served.output_tokens ?? 0,
    cachedInputTokens: served.cached_input_tokens,
    cacheWriteTokens: served.cache_write_tokens,
  };
  const cost = costOf(provider, served.model ?? asked.model, tokens);
  return {
    provider,
    cost: cost === 'unknown' && provider === asked.provider ? costOf(provider, asked.model, tokens) : cost,
  };
}
