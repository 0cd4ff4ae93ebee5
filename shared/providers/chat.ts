import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import type { Secret } from '#shared/core/secret.ts';

import type { Chunk, Completion, TokenCounts } from './chat-answer.ts';
import type { ChatRequest } from './chat-request.ts';

export type ChatReply = {
  readonly text: string;
  /** As the provider names it, or as it was asked for where that is no model name. */
  readonly model: string;
  /** `stop`, `length`, `tool_calls`, `content_filter`. */
  readonly finishReason: string;
  readonly usage: TokenCounts;
  /** The whole answer as a chat completion. */
  readonly completion: Completion;
};

/** Allowed form of a model name that is stored, listed or recorded. */
export const MODEL_NAME = /^[\w.:/@-]{1,100}$/;

/**
 * Reads a stream event by event. `end` gives the chunks that are known when the stream is over.
 * @param complete whether the provider said that it is over, as opposed to a connection that ended
 */
export type StreamReader = {
  readonly read: (event: unknown) => readonly Chunk[];
  readonly end?: (complete: boolean) => readonly Chunk[];
};

const Word = z.union([z.string(), z.number()]).nullish().catch(undefined);
const ErrorFields = z.looseObject({
  type: z.string().nullish().catch(undefined),
  code: Word,
  message: z.string().nullish().catch(undefined),
  param: z.string().nullish().catch(undefined),
});

/** A provider's error, as far as it decides anything. Providers put its fields under `error`, at the top, or in a text. */
export type ProviderError = { readonly error: z.infer<typeof ErrorFields> };
export const ProviderError = z.preprocess(
  (body) => {
    const [first] = [body].flat() as readonly unknown[];
    if (typeof first !== 'object' || first === null) return {};
    const { error = first, detail } = first as { error?: unknown; detail?: unknown };
    if (typeof error === 'string') return { error: { message: error } };
    const message = typeof detail === 'string' ? { message: detail } : {};
    return { error: typeof error === 'object' && error !== null ? { ...message, ...error } : message };
  },
  z.object({ error: ErrorFields.default({}) }),
);

export type EmbedRequest = {
  readonly model: string;
  /** Texts, or texts as token numbers. */
  readonly input: readonly (string | readonly number[])[];
  readonly dimensions?: number | undefined;
  /** Fields that are not known here, as the caller wrote them. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
};
export type Embeddings = { readonly vectors: readonly (readonly number[])[]; readonly usage: TokenCounts };

/** A chat request in a provider's own form. */
export type Translated = {
  readonly body: unknown;
  /** Paths of the caller's fields that the provider cannot express. */
  readonly dropped: readonly string[];
  /** The longest answer it may give, in tokens, all answers together. Absent: as long as the model can. */
  readonly maxOutputTokens?: number | undefined;
};

/** Codes of OpenAI's API by which clients decide what to do next. */
export type ClientCode = 'context_length_exceeded' | 'model_not_found' | 'insufficient_quota';

/** The part of a provider's dialect that the validation of a key uses. Small: functions that store keys load no other part. */
export type KeyDialect = {
  readonly headers: (secret: Secret) => Record<string, string>;
  /** Lists the models a key may use, free of charge: the validation of a key. Absent: nothing free of charge says it. */
  readonly modelsPath?: string;
  /** @throws {z.ZodError} */
  readonly models: (body: unknown) => readonly string[];
  /** Whether an error that is no 401 says that the key is not known. */
  readonly rejectsKey?: (status: number, error: ProviderError) => boolean;
};

/** One provider's dialect: a chat in its own form, and its answers in ours. No transport, no key handling. */
export type ChatAdapter = KeyDialect & {
  readonly path: (request: ChatRequest, stream: boolean) => string;
  /** @throws {AppError} `invalid_input` for a field that would cost an unknown price, or that cannot be left out */
  readonly translate: (request: ChatRequest, stream: boolean) => Translated;
  /** @throws {z.ZodError} when the answer does not have the provider's documented shape */
  readonly reply: (body: unknown) => Completion;
  /** Reads one streamed answer, event by event; the last chunk but its usage has a `finish_reason`. Throws as above. */
  readonly reader: () => StreamReader;
  /** Whether an error says that this key's account has no money left, which no waiting changes. */
  readonly outOfQuota: (status: number, error: ProviderError) => boolean;
  /** OpenAI error code that is equivalent to an error, where the provider has codes of its own. */
  readonly clientCode: (status: number, error: ProviderError) => ClientCode | undefined;
  readonly embed?: {
    readonly path: (model: string) => string;
    /** @throws {AppError} `invalid_input` for token numbers, where only text is taken */
    readonly body: (request: EmbedRequest) => unknown;
    /** Names of the caller's fields in `extra` that the provider cannot express. Absent: all of them are passed on. */
    readonly dropped?: (extra: Readonly<Record<string, unknown>>) => readonly string[];
    /** @throws {z.ZodError} */
    readonly reply: (body: unknown) => Embeddings;
  };
};

export const rejectedField = (title: string, path: string, message: string): AppError =>
  new AppError('invalid_input', `Not supported by ${title}: ${path} ${message}.`, {
    issues: [{ path, message }],
    next_step: 'Omit the field, or choose another provider.',
  });

/** For APIs that take no token numbers. @throws {AppError} `invalid_input` */
export function textsIn(input: EmbedRequest['input'], title: string): readonly string[] {
  const texts = input.filter((one) => typeof one === 'string');
  if (texts.length === input.length) return texts;
  throw rejectedField(title, 'input', 'must be text: it cannot read the token numbers of another provider');
}
