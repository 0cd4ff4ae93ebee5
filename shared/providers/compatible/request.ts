// A chat request as a server with OpenAI's API takes it: as the caller wrote it. Each such server has fields of its own.
import { type ChatRequest, outputLimit } from '#shared/providers/chat-request.ts';
import type { Translated } from '#shared/providers/chat.ts';
import { withToolImagesApart } from '#shared/providers/history.ts';
import { streamFields } from '#shared/providers/openai-dialect.ts';

export function translate(request: ChatRequest, stream: boolean): Translated {
  const { extra, messages, ...known } = request;
  const limit = outputLimit(request);
  return {
    body: { ...extra, ...known, messages: withToolImagesApart(messages), ...streamFields(stream) },
    dropped: [],
    maxOutputTokens: limit && limit * (request.n ?? 1),
  };
}
