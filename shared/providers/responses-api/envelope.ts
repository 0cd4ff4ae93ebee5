// The response object of OpenAI's Responses API around its output, every field that its schema requires in place.
import { countsOf, type Usage } from '#shared/providers/chat-answer.ts';

import type { ResponsesBody, Tool } from './body.ts';

export type Fields = Readonly<Record<string, unknown>>;
export type ResponseEvent = Fields & { readonly type: string; readonly sequence_number: number };

export const textOrEmpty = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Identity of one response, and the request that it repeats. */
export type ResponseHead = {
  readonly id: string;
  readonly model: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly request: ResponsesBody;
};

const functionTool = (tool: Tool): Fields =>
  tool.type === 'function' ? { parameters: null, strict: null, ...tool } : tool;

function echoOf(request: ResponsesBody): Fields {
  const { instructions, tools, tool_choice, parallel_tool_calls, metadata, temperature, top_p } = request;
  const optional = Object.entries({
    user: request['user'],
    prompt_cache_key: request['prompt_cache_key'],
    safety_identifier: request['safety_identifier'],
  }).filter(([, value]) => typeof value === 'string');
  return {
    instructions: instructions ?? null,
    tools: (tools ?? []).map(functionTool),
    tool_choice: tool_choice ?? 'auto',
    parallel_tool_calls: parallel_tool_calls ?? true,
    metadata: metadata ?? {},
    temperature: temperature ?? null,
    top_p: top_p ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    reasoning: { effort: null, summary: null, ...(request['reasoning'] as Fields | null | undefined) },
    text: { format: { type: 'text' }, ...(request['text'] as Fields | null | undefined) },
    truncation: 'disabled',
    previous_response_id: null,
    store: false,
    background: false,
    ...Object.fromEntries(optional),
  };
}

export type Status = 'in_progress' | 'completed' | 'incomplete' | 'failed';

export const envelopeOf = (
  { id, model, created, request }: ResponseHead,
  state: { readonly status: Status; readonly output: readonly Fields[] } & Fields,
): Fields => ({
  id,
  object: 'response',
  created_at: created,
  error: null,
  incomplete_details: null,
  model,
  ...echoOf(request),
  ...state,
});

export function usageFields(usage: Usage | null | undefined): Fields {
  if (!usage) return {};
  const counts = countsOf(usage);
  const {
    inputTokens,
    outputTokens,
    cachedInputTokens = 0,
    cacheWriteTokens = 0,
    reasoningTokens = 0,
  } = counts;
  return {
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: cachedInputTokens, cache_write_tokens: cacheWriteTokens },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: reasoningTokens },
      total_tokens: inputTokens + outputTokens,
    },
  };
}

/** Numbers the events of one response. */
export function createEmitter() {
  let next = 0;
  return (type: string, more: Fields): ResponseEvent => ({ type, sequence_number: next++, ...more });
}
export type Emit = ReturnType<typeof createEmitter>;
