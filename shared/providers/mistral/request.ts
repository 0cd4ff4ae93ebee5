// A chat request as Mistral's Chat Completions API takes it.
import type { ChatRequest } from '#shared/providers/chat-request.ts';
import { refuseFields } from '#shared/providers/chat.ts';

const TITLE = 'Mistral';

/** Mistral rejects unknown fields, so each field is named here. */
export function requestBody(request: ChatRequest, stream: boolean) {
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
    ...(stream && { stream: true }), // the last event carries the usage without a request for it
  };
}
