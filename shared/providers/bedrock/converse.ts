// A chat as Bedrock's Converse takes it, for the models that its OpenAI-compatible endpoint does not serve, and its answer.
// Streams are answered whole: Converse streams in a binary framing of AWS's own.
import * as z from 'zod';

import { type Completion, toChatUsage } from '#shared/providers/chat-answer.ts';
import {
  type ChatMessage,
  type ChatRequest,
  type ChatTool,
  type ContentPart,
  outputLimit,
} from '#shared/providers/chat-request.ts';
import type { Translated } from '#shared/providers/chat.ts';
import { type Drop, pathsIn, presentFields } from '#shared/providers/dropped-fields.ts';
import {
  CALL_ID,
  contentText,
  messageParts,
  objectIn,
  splitSystem,
  withCallIds,
} from '#shared/providers/history.ts';

type Block = Readonly<Record<string, unknown>>;
type Turn = { readonly role: 'user' | 'assistant'; readonly content: Block[] };

const EXPRESSED = pathsIn(`
  max_tokens max_completion_tokens temperature top_p stop tools tool_choice messages.tool_calls messages.tool_call_id
  messages.content.image_url messages.content.image_url.detail tools.function.description tools.function.parameters
`);

const DATA_URL = /^data:image\/(png|jpeg|gif|webp);base64,(.*)$/is;

function toConverseBlock(part: ContentPart, drop: Drop): Block[] {
  if (part.type === 'text') return [{ text: part.text }];
  const [, format, bytes] = (part.type === 'image_url' && DATA_URL.exec(part.image_url.url)) || [];
  if (format && bytes) return [{ image: { format: format.toLowerCase(), source: { bytes } } }];
  drop(`messages.content.${part.type}`);
  return [];
}

const toConverseBlocks = (content: ChatMessage['content'], drop: Drop): Block[] =>
  messageParts(content).flatMap((part) => toConverseBlock(part, drop));

function toConverseTurn(message: ChatMessage, drop: Drop): Turn {
  if (message.role === 'tool') {
    const content = toConverseBlocks(message.content, drop);
    const said = content.length > 0 ? content : [{ text: '(empty)' }];
    return { role: 'user', content: [{ toolResult: { toolUseId: message.tool_call_id, content: said } }] };
  }
  const content = toConverseBlocks(message.content, drop);
  if (message.role !== 'assistant') return { role: 'user', content };
  const calls = (message.tool_calls ?? []).map(({ id, function: called }) => ({
    toolUse: { toolUseId: id, name: called.name, input: objectIn(called.arguments) },
  }));
  return { role: 'assistant', content: [...content, ...calls] };
}

/** Turns of one role in a row are one. */
function toConverseTurns(messages: readonly ChatMessage[], drop: Drop): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    const turn = toConverseTurn(message, drop);
    const last = turns.at(-1);
    if (turn.content.length === 0) continue;
    if (last?.role === turn.role) last.content.push(...turn.content);
    else turns.push(turn);
  }
  return turns;
}

function toConverseTool({ type, function: declared }: ChatTool, drop: Drop): Block[] {
  if (!declared) {
    drop(`tools.${type}`);
    return [];
  }
  const { name, description, parameters } = declared;
  const json = parameters?.['type'] === 'object' ? parameters : { type: 'object', properties: {} };
  return [{ toolSpec: { name, ...(description && { description }), inputSchema: { json } } }];
}

const CHOICES: Readonly<Record<string, Block>> = {
  auto: { auto: {} },
  required: { any: {} },
  any: { any: {} },
};

function toConverseToolChoice({ tool_choice: choice }: ChatRequest, drop: Drop): Block {
  if (choice === undefined) return {};
  if (typeof choice === 'string') return { toolChoice: CHOICES[choice] };
  const { name } = (choice as { function?: { name: string } }).function ?? {};
  if (name) return { toolChoice: { tool: { name } } };
  drop('tool_choice');
  return {};
}

function toolConfigOf(request: ChatRequest, drop: Drop): Block {
  const tools = (request.tools ?? []).flatMap((tool) => toConverseTool(tool, drop));
  if (tools.length === 0 || request.tool_choice === 'none') return {};
  return { toolConfig: { tools, ...toConverseToolChoice(request, drop) } };
}

export function translateConverse(request: ChatRequest): Translated {
  const dropped = new Set([...presentFields(request)].filter((path) => !EXPRESSED.has(path)));
  const drop: Drop = (path) => void dropped.add(path);
  const { system, turns } = splitSystem(request.messages);
  const { temperature, top_p: topP, stop } = request;
  const maxTokens = outputLimit(request);
  const body = {
    ...(system.length > 0 && { system: system.map(({ content }) => ({ text: contentText(content) })) }),
    messages: toConverseTurns(withCallIds(turns, CALL_ID), drop),
    inferenceConfig: {
      maxTokens,
      temperature,
      topP,
      stopSequences: stop === undefined ? stop : [stop].flat(),
    },
    ...toolConfigOf(request, drop),
  };
  return { body, dropped: [...dropped], maxOutputTokens: maxTokens };
}

const Count = z.int().min(0);
export const Converse = z.object({
  output: z.object({
    message: z.object({
      content: z.array(
        z.looseObject({
          text: z.string().optional(),
          toolUse: z.object({ toolUseId: z.string(), name: z.string(), input: z.unknown() }).optional(),
        }),
      ),
    }),
  }),
  stopReason: z.string(),
  usage: z.object({
    inputTokens: Count,
    outputTokens: Count,
    cacheReadInputTokens: Count.nullish(),
    cacheWriteInputTokens: Count.nullish(),
  }),
});

const FINISH: Readonly<Record<string, string>> = {
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
};

/** @throws {z.ZodError} */
export function readConverse(answer: unknown): Completion {
  const { output, stopReason, usage } = Converse.parse(answer);
  const { content } = output.message;
  const calls = content.flatMap(({ toolUse }) =>
    toolUse
      ? [
          {
            id: toolUse.toolUseId,
            function: { name: toolUse.name, arguments: JSON.stringify(toolUse.input ?? {}) },
          },
        ]
      : [],
  );
  const cached = usage.cacheReadInputTokens ?? 0;
  const written = usage.cacheWriteInputTokens ?? 0;
  return {
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: content.map(({ text }) => text ?? '').join(''),
          ...(calls.length > 0 && { tool_calls: calls }),
        },
        finish_reason: FINISH[stopReason] ?? 'stop',
      },
    ],
    usage: toChatUsage({
      inputTokens: usage.inputTokens + cached + written,
      outputTokens: usage.outputTokens,
      cachedInputTokens: cached,
      cacheWriteTokens: written,
    }),
  };
}
