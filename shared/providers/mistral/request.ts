// A chat request as Mistral's Chat Completions API takes it. Mistral rejects every field that it does not know.
import {
  type AssistantMessage,
  type ChatMessage,
  type ChatRequest,
  type ChatTool,
  type ContentPart,
  outputLimit,
} from '#shared/providers/chat-request.ts';
import type { Translated } from '#shared/providers/chat.ts';
import { type Drop, pathsIn, presentFields } from '#shared/providers/dropped-fields.ts';
import { contentText, messageParts, splitSystem, withCallIds } from '#shared/providers/history.ts';

/** Paths that have a counterpart. Values may still be dropped below. */
const EXPRESSED = pathsIn(`
  max_tokens max_completion_tokens temperature top_p stop seed n tools tool_choice metadata
  frequency_penalty presence_penalty parallel_tool_calls response_format reasoning_effort prediction
  prompt_cache_key prompt_mode safe_prompt guardrails random_seed messages.tool_calls
  messages.tool_call_id messages.reasoning_content messages.prefix messages.tool_calls.index
  messages.content.image_url messages.content.image_url.detail messages.content.file
  messages.content.file.filename messages.content.input_audio tools.function.description
  tools.function.parameters tools.function.strict
`);
/** Fields of its own that are not in the neutral form. */
const OWN = ['prediction', 'prompt_cache_key', 'prompt_mode', 'safe_prompt', 'guardrails', 'random_seed'];

const CALL_ID = { pattern: /^[A-Za-z0-9]{9}$/, make: (digest: string) => digest.slice(0, 9) };

type Chunk = Readonly<Record<string, unknown>>;

function toMistralChunks(part: ContentPart, drop: Drop): Chunk[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text }];
    case 'image_url': {
      const { url, detail } = part.image_url;
      return [{ type: 'image_url', image_url: { url, detail } }];
    }
    case 'file': {
      const { file_data, filename } = part.file;
      if (file_data !== undefined)
        return [{ type: 'document_url', document_url: file_data, document_name: filename }];
      drop('messages.content.file');
      return [];
    }
    case 'input_audio':
      return [{ type: 'input_audio', input_audio: part.input_audio.data }];
    case 'other':
    default:
      drop(`messages.content.${part.type}`);
      return [];
  }
}

/** A string where there is only text: the form that every model takes. */
function toMistralContent(content: ChatMessage['content'], drop: Drop): string | Chunk[] {
  const chunks = messageParts(content).flatMap((part) => toMistralChunks(part, drop));
  return chunks.every(({ type }) => type === 'text') ? contentText(content) : chunks;
}

/** Its reasoning models take their own thoughts back as a part of the message. */
function assistantOf(message: AssistantMessage, drop: Drop) {
  const { reasoning_content: thought, tool_calls: calls } = message;
  const said = toMistralContent(message.content, drop);
  const chunks = typeof said === 'string' ? (said === '' ? [] : [{ type: 'text', text: said }]) : said;
  return {
    role: 'assistant',
    content: thought ? [{ type: 'thinking', thinking: [{ type: 'text', text: thought }] }, ...chunks] : said,
    ...(calls && {
      tool_calls: calls.map(({ id, function: { name, arguments: given } }) => ({
        id,
        type: 'function',
        function: { name, arguments: given || '{}' },
      })),
    }),
    ...(message['prefix'] === true && { prefix: true }),
  };
}

function toMistralMessage(message: ChatMessage, names: ReadonlyMap<string, string>, drop: Drop) {
  switch (message.role) {
    case 'assistant':
      return assistantOf(message, drop);
    case 'tool': {
      const name = names.get(message.tool_call_id);
      return {
        role: 'tool',
        content: toMistralContent(message.content, drop),
        tool_call_id: message.tool_call_id,
        ...(name && { name }),
      };
    }
    case 'system':
    case 'developer':
      return { role: 'system', content: contentText(message.content) };
    case 'user':
      return { role: 'user', content: toMistralContent(message.content, drop) };
    default:
      return message satisfies never;
  }
}

/** Mistral rejects a user's message right after a tool's result, as that of a user who did not wait for the answer. */
const BRIDGE = { role: 'assistant', content: 'OK.' } as const;

/** An assistant's message at the end is one that the model continues. */
function toMistralMessages(messages: readonly ChatMessage[], drop: Drop) {
  const names = new Map<string, string>();
  const result = messages.flatMap((message, at) => {
    if (message.role === 'assistant')
      for (const call of message.tool_calls ?? []) names.set(call.id, call.function.name);
    const own = toMistralMessage(message, names, drop);
    return message.role === 'user' && messages[at - 1]?.role === 'tool' ? [BRIDGE, own] : [own];
  });
  const last = result.at(-1);
  return last?.role === 'assistant' ? [...result.slice(0, -1), { ...last, prefix: true }] : result;
}

function toMistralTool({ function: given }: ChatTool) {
  if (!given) return [];
  const { name, description, parameters = { type: 'object', properties: {} }, strict } = given;
  return [{ type: 'function', function: { name, description, parameters, strict } }];
}

function formatOf({ response_format: format }: ChatRequest) {
  if (format?.type !== 'json_schema') return format && { type: format.type };
  const { name, schema = { type: 'object' }, strict, description } = format.json_schema;
  return { type: 'json_schema', json_schema: { name, schema, strict, description } };
}

function choiceOf(choice: ChatRequest['tool_choice'], drop: Drop) {
  if (typeof choice !== 'object') return choice;
  if (choice.type === 'function')
    return { type: 'function', function: { name: (choice as { function: { name: string } }).function.name } };
  drop('tool_choice');
  return undefined;
}

/** It knows `none` and `high`: whatever asks for thought is `high`. */
const effortOf = (effort: string | undefined) =>
  effort && (effort === 'none' || effort === 'minimal' ? 'none' : 'high');

const MAX_TEMPERATURE = 1.5;

function temperatureOf(temperature: number | undefined, drop: Drop) {
  if (temperature === undefined || temperature <= MAX_TEMPERATURE) return temperature;
  drop('temperature');
  return MAX_TEMPERATURE;
}

/** Fields of Mistral's own. */
const ownOf = ({ extra = {} }: ChatRequest) =>
  Object.fromEntries(OWN.filter((name) => name in extra).map((name) => [name, extra[name]]));

export function translate(request: ChatRequest, stream: boolean): Translated {
  const dropped = new Set([...presentFields(request)].filter((path) => !EXPRESSED.has(path)));
  const drop: Drop = (path) => void dropped.add(path);
  const { model, temperature, top_p, stop, frequency_penalty, presence_penalty, seed, n, metadata } = request;
  const { parallel_tool_calls, reasoning_effort } = request;
  const { system, turns } = splitSystem(request.messages);
  const tools = request.tools?.flatMap(toMistralTool) ?? [];
  const limit = outputLimit(request);
  const body = {
    model,
    messages: toMistralMessages(withCallIds([...system, ...turns], CALL_ID), drop),
    max_tokens: limit,
    temperature: temperatureOf(temperature, drop),
    top_p,
    stop,
    n,
    metadata,
    ...(tools.length > 0 && { tools, tool_choice: choiceOf(request.tool_choice, drop), parallel_tool_calls }),
    response_format: formatOf(request),
    frequency_penalty,
    presence_penalty,
    reasoning_effort: effortOf(reasoning_effort),
    random_seed: seed,
    ...ownOf(request),
    ...(stream && { stream: true }), // the last event carries the usage without a request for it
  };
  return { body, dropped: [...dropped], maxOutputTokens: limit && limit * (n ?? 1) };
}
