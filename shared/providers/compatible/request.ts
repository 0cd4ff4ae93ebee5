// A chat request as a server with OpenAI's API takes it: unchanged.
import type { ChatRequest } from '#shared/providers/chat-request.ts';
import { streamFields } from '#shared/providers/openai-dialect.ts';

export const requestBody = (request: ChatRequest, stream: boolean) => ({
  ...request,
  ...streamFields(stream),
});
