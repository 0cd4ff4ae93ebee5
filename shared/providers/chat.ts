import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import type { Secret } from '#shared/core/secret.ts';

import type { Chunk, Completion } from './chat-answer.ts';
import type { ChatField, ChatRequest } from './chat-request.ts';

export type ChatReply = {
  readonly text: string;
  /** As the provider names it, or as it was asked for where that is no model name. */
  readonly model: string;
  /** `stop`, `length`, `tool_calls`, `content_filter`, or a provider's own word. */
  readonly finishReason: string;
  readonly usage: TokenCounts;
  /** The whole answer, as OpenAI would give it. */
  readonly completion: Completion;
};

/** What a model's name may be where it is stored, listed or recorded. */
export const MODEL_NAME = /^[\w.:/@-]{1,100}$/;

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

/** What both dialects say of an error, as far as it decides anything. Never handed on: it may quote the caller. */
export type ProviderError = z.infer<typeof ProviderError>;
export const ProviderError = z.object({
  error: z.looseObject({
    type: z.string().nullish(),
    code: z.union([z.string(), z.number()]).nullish(),
    message: z.string().nullish(),
  }),
});

export type EmbedRequest = { readonly model: string; readonly input: readonly string[] };
export type Embeddings = { readonly vectors: readonly (readonly number[])[]; readonly usage: TokenCounts };

/** One provider's dialect: how a chat is asked for, and how its answer reads. No transport, no key handling. */
export type ChatAdapter = {
  readonly path: (request: ChatRequest, stream: boolean) => string;
  /** Longest answer of a request that names none. Absent: as long as the model can. */
  readonly defaultMaxTokens?: number;
  readonly headers: (secret: Secret) => Record<string, string>;
  /** @throws {AppError} `invalid_input` naming a field that the provider has nothing like */
  readonly body: (request: ChatRequest, stream: boolean) => unknown;
  /** @throws {z.ZodError} when the answer does not have the provider's documented shape */
  readonly reply: (body: unknown) => Completion;
  /** Reads one streamed answer, event by event; the last piece but its usage has a `finish_reason`. Throws as above. */
  readonly reader: () => (data: unknown) => readonly Chunk[];
  /** Lists the models a key may use, free of charge: how a key is tried out. */
  readonly modelsPath: string;
  /** @throws {z.ZodError} */
  readonly models: (body: unknown) => readonly string[];
  /** Whether a refusal says that this key's account has no money left, which no waiting mends. */
  readonly outOfQuota: (status: number, error: ProviderError) => boolean;
  /** Whether a refusal that is no 401 says that the key is not known. */
  readonly refusesKey?: (status: number, error: ProviderError) => boolean;
  readonly embed?: {
    readonly path: (model: string) => string;
    readonly body: (request: EmbedRequest) => unknown;
    /** @throws {z.ZodError} */
    readonly reply: (body: unknown) => Embeddings;
  };
};

/** @throws {AppError} `invalid_input` naming the first of these fields that was asked for */
export function refuseFields(title: string, request: ChatRequest, fields: readonly ChatField[]): void {
  const field = fields.find((name) => request[name] !== undefined);
  if (field) throw refusedField(title, field, `is not supported by ${title}`);
}

export const refusedField = (title: string, path: string, message: string): AppError =>
  new AppError('invalid_input', `${title} cannot do this: ${path} ${message}.`, {
    issues: [{ path, message }],
    next_step: 'Leave it out, or choose another provider.',
  });
