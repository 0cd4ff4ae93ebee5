// A chat request as the Gemini API takes it.
import * as z from 'zod';

import { refusedField, refuseFields } from '#shared/providers/chat.ts';
import type { ChatMessage, ChatRequest } from '#shared/providers/chat-request.ts';
import { isSystem, objectIn, textOf } from '#shared/providers/message-text.ts';

const TITLE = 'Google Gemini';
const UNSUPPORTED = [
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'parallel_tool_calls',
  'reasoning_effort',
  'verbosity',
] as const;

type Part = Readonly<Record<string, unknown>>;

function imageOf(url: string): Part {
  const [, mimeType, data] = /^data:([^;]+);base64,(.*)$/s.exec(url) ?? [];
  // It reads addresses of its own file store only, and nothing is fetched here.
  if (!data) throw refusedField(TITLE, 'messages.content.image_url', 'must be a data: URL');
  return { inlineData: { mimeType, data } };
}

const Signed = z.object({ google: z.object({ thought_signature: z.string() }) });

function callOf({ function: { name, arguments: given }, extra_content }: ToolCall): Part {
  const signed = Signed.safeParse(extra_content);
  return {
    functionCall: { name, args: objectIn(TITLE, given) },
    // Without it, newer models refuse to go on after their own call.
    ...(signed.success && { thoughtSignature: signed.data.google.thought_signature }),
  };
}
type ToolCall = NonNullable<Extract<ChatMessage, { role: 'assistant' }>['tool_calls']>[number];

/** A tool's result is named after the tool there, not after the call. */
function resultOf(message: Extract<ChatMessage, { role: 'tool' }>, names: ReadonlyMap<string, string>): Part {
  const name = names.get(message.tool_call_id);
  if (!name) throw refusedField(TITLE, 'messages.tool_call_id', 'must be that of a call before it');
  return { functionResponse: { name, response: { result: textOf(message.content) } } };
}

function contentOf(message: ChatMessage, names: Map<string, string>): { role: string; parts: Part[] } {
  const { content = null } = message;
  if (message.role === 'tool') return { role: 'user', parts: [resultOf(message, names)] };
  const given = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : (content ?? []);
  const parts = given
    .filter((part) => part.type !== 'text' || part.text !== '')
    .map((part) => (part.type === 'text' ? { text: part.text } : imageOf(part.image_url.url)));
  if (message.role !== 'assistant') return { role: 'user', parts };
  const calls = message.tool_calls ?? [];
  for (const call of calls) names.set(call.id, call.function.name);
  return { role: 'model', parts: [...parts, ...calls.map(callOf)] };
}

function contentsOf(messages: readonly ChatMessage[]) {
  const names = new Map<string, string>();
  const contents: ReturnType<typeof contentOf>[] = [];
  for (const message of messages) {
    const content = contentOf(message, names);
    const last = contents.at(-1);
    if (last?.role === content.role) last.parts.push(...content.parts);
    else contents.push(content);
  }
  return contents;
}

const MODES = { none: 'NONE', auto: 'AUTO', required: 'ANY' } as const;

function choiceOf(choice: NonNullable<ChatRequest['tool_choice']>) {
  const functionCallingConfig =
    typeof choice === 'string'
      ? { mode: MODES[choice] }
      : { mode: 'ANY', allowedFunctionNames: [choice.function.name] };
  return { functionCallingConfig };
}

function formatOf({ response_format: format }: ChatRequest) {
  if (!format || format.type === 'text') return {};
  return {
    responseMimeType: 'application/json',
    ...(format.type === 'json_schema' && { responseJsonSchema: format.json_schema.schema }),
  };
}

export function requestBody(request: ChatRequest) {
  refuseFields(TITLE, request, UNSUPPORTED);
  const { messages, max_tokens, temperature, top_p, stop, seed, tools, tool_choice } = request;
  const system = messages.filter(isSystem).map(({ content }) => ({ text: textOf(content) }));
  return {
    ...(system.length > 0 && { systemInstruction: { parts: system } }),
    contents: contentsOf(messages.filter((message) => !isSystem(message))),
    ...(tools && {
      tools: [
        {
          functionDeclarations: tools.map(({ function: { name, description, parameters } }) => ({
            name,
            description,
            parametersJsonSchema: parameters,
          })),
        },
      ],
    }),
    ...(tools && tool_choice && { toolConfig: choiceOf(tool_choice) }),
    generationConfig: {
      temperature,
      topP: top_p,
      maxOutputTokens: max_tokens,
      stopSequences: stop === undefined ? undefined : [stop].flat(),
      seed,
      frequencyPenalty: request.frequency_penalty,
      presencePenalty: request.presence_penalty,
      ...formatOf(request),
    },
  };
}
