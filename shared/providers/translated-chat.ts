// The end of a translation of another dialect into the neutral form.
import { AppError } from '#shared/core/errors.ts';
import { issuesOf } from '#shared/core/issues.ts';

import { ChatBody, type ChatRequest, chatRequestOf } from './chat-request.ts';

/** @throws {AppError} `invalid_input` naming the fields that no chat can have */
export function translatedChat(chat: object): Omit<ChatRequest, 'model'> {
  const parsed = ChatBody.safeParse(chat);
  if (parsed.success) return chatRequestOf(parsed.data);
  throw new AppError('invalid_input', 'The request cannot be translated for the provider of this model.', {
    issues: issuesOf(parsed.error, 'parameters'),
  });
}
