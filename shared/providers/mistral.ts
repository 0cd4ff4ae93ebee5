import { type ChatAdapter, refuseFields } from './chat.ts';
import type { ChatRequest } from './chat-request.ts';
import { openaiLike } from './openai-like.ts';

const TITLE = 'Mistral';

/** It refuses every field it does not know, so each is named here. */
function bodyOf(request: ChatRequest, stream: boolean) {
  refuseFields(TITLE, request, ['logit_bias', 'logprobs', 'top_logprobs', 'reasoning_effort', 'verbosity']);
  const { model, messages, max_tokens, temperature, top_p, stop, tools, tool_choice } = request;
  const { parallel_tool_calls, response_format, frequency_penalty, presence_penalty, seed } = request;
  return {
    model,
    messages: messages.map((message) =>
      message.role === 'developer' ? { ...message, role: 'system' } : message,
    ),
    max_tokens,
    temperature,
    top_p,
    stop,
    tools,
    tool_choice,
    parallel_tool_calls,
    response_format,
    frequency_penalty,
    presence_penalty,
    random_seed: seed,
    ...(stream && { stream: true }), // the last event tells the usage unasked
  };
}

const dialect = openaiLike('/v1', bodyOf);

/** Mistral's La Plateforme. */
export const mistral: ChatAdapter = {
  ...dialect,
  embed: { ...dialect.embed, body: ({ model, input }) => ({ model, input }) },
};
