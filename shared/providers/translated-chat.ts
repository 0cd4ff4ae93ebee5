// The translation of another dialect into the neutral form, around the dialect's own parts.
import { AppError } from '#shared/core/errors.ts';
import { issuesOf } from '#shared/core/issues.ts';

import { ChatBody, type ChatRequest, chatRequestOf } from './chat-request.ts';
import type { Drop } from './dropped-fields.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A dialect's parts, each of which names what it leaves out. */
type Parts<Body> = {
  readonly dropUnknown: (body: Body, drop: Drop) => void;
  readonly toChatMessages: (body: Body, drop: Drop) => readonly Fields[];
  readonly toChatTools: (body: Body, drop: Drop) => Fields;
  readonly toChatOptions: (body: Body, drop: Drop) => Fields;
};

export type TranslatedChat = {
  readonly request: Omit<ChatRequest, 'model'>;
  /** Paths of the fields that a chat cannot express. */
  readonly dropped: readonly string[];
};

/** @returns a translation that throws `invalid_input` naming the fields that no chat can have */
export const createTranslation =
  <Body extends { readonly model: string }>({
    dropUnknown,
    toChatMessages,
    toChatTools,
    toChatOptions,
  }: Parts<Body>) =>
  (body: Body): TranslatedChat => {
    const dropped = new Set<string>();
    const drop: Drop = (path) => void dropped.add(path);
    dropUnknown(body, drop);
    const chat = {
      model: body.model,
      messages: toChatMessages(body, drop),
      ...toChatTools(body, drop),
      ...toChatOptions(body, drop),
    };
    const parsed = ChatBody.safeParse(chat);
    if (parsed.success) return { request: chatRequestOf(parsed.data), dropped: [...dropped] };
    throw new AppError('invalid_input', 'The request cannot be translated for the provider of this model.', {
      issues: issuesOf(parsed.error, 'parameters'),
    });
  };
