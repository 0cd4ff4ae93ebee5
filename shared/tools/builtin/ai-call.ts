// Between a tool's call and a completion's.
import type { TokenCounts } from '#shared/providers/chat-answer.ts';
import type { CompletionCall } from '#shared/providers/completion-call.ts';
import type { ChosenBy } from '#shared/providers/policy.ts';

import type { ServedBy, ToolCall } from '#shared/tools/tool.ts';

/** The completion's side of a tool call. */
export const onBehalf = ({
  principal,
  requestId,
  deadline,
  hops,
  begin,
  onUse,
  onFailedAttempt,
  translation,
}: ToolCall): CompletionCall => ({
  owner: principal.ownerId,
  requestId,
  deadline,
  hops,
  begin,
  onUse,
  onFailedAttempt,
  ...translation,
});

export const servedBy = ({ mode, reason }: ServedBy): ServedBy => ({
  mode,
  ...(reason !== undefined && { reason }),
});

/** Token counts as a call's record keeps them. */
export const toTokenUsage = (usage: TokenCounts) => ({
  input_tokens: usage.inputTokens,
  output_tokens: usage.outputTokens,
  ...(usage.cachedInputTokens !== undefined && { cached_input_tokens: usage.cachedInputTokens }),
  ...(usage.cacheWriteTokens !== undefined && { cache_write_tokens: usage.cacheWriteTokens }),
  ...(usage.reasoningTokens !== undefined && { reasoning_tokens: usage.reasoningTokens }),
});

/** Policy and candidates by which the model was chosen, as returned to the caller. */
export const chosenBy = (choice: ChosenBy | undefined) =>
  choice && {
    chosen_by: {
      policy: choice.policy,
      among: choice.among.map(({ provider, model, costMicroUsd }) => ({
        provider,
        model,
        cost_micro_usd: costMicroUsd,
      })),
    },
  };
