import * as z from 'zod';

import type { Secret } from '#shared/core/secret.ts';

export type ChatMessage = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string };

export type ChatRequest = {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly maxTokens?: number | undefined;
  readonly temperature?: number | undefined;
};

export type ChatReply = {
  readonly text: string;
  /** As the provider names it. */
  readonly model: string;
  readonly finishReason: string;
  readonly usage: TokenCounts;
};

/** As the provider counts and bills. */
export type TokenCounts = {
  /** All of the prompt, what came from the provider's own cache included. */
  readonly inputTokens: number;
  /** All of the answer, reasoning included. */
  readonly outputTokens: number;
  /** Of `inputTokens`: read from the provider's prompt cache. */
  readonly cachedInputTokens?: number | undefined;
  /** Of `inputTokens`: written to the provider's prompt cache. */
  readonly cacheWriteTokens?: number | undefined;
  /** Of `outputTokens`: thought, not said. */
  readonly reasoningTokens?: number | undefined;
};

/** One provider's dialect: how a chat is asked for, and how its answer reads. No transport, no key handling. */
export type ChatAdapter = {
  readonly path: string;
  /** Lists the models a key may use, free of charge: how a key is tried out. */
  readonly modelsPath: string;
  /** Longest answer of a request that names none. Absent: as long as the model can. */
  readonly defaultMaxTokens?: number;
  readonly headers: (secret: Secret) => Record<string, string>;
  readonly body: (request: ChatRequest) => unknown;
  /** @throws {z.ZodError} when the answer does not have the provider's documented shape */
  readonly reply: (body: unknown) => ChatReply;
  /** Whether a refusal says that this key's account has no money left, which no waiting mends. */
  readonly outOfQuota: (status: number, error: ProviderError) => boolean;
};

/** What both dialects say of an error, as far as it decides anything. Never handed on: it may quote the caller. */
export type ProviderError = z.infer<typeof ProviderError>;
export const ProviderError = z.object({
  error: z.object({ type: z.string().nullish(), code: z.string().nullish(), message: z.string().nullish() }),
});
