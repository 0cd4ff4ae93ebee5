// A chat request as Anthropic's Messages API takes it.
import { ownProperty } from '#shared/core/own-property.ts';
import {
  type ChatMessage,
  type ChatRequest,
  type ChatTool,
  outputLimit,
} from '#shared/providers/chat-request.ts';
import type { Translated } from '#shared/providers/chat.ts';
import { type Drop, pathsIn, presentFields } from '#shared/providers/dropped-fields.ts';
import { CALL_ID, contentText, splitSystem, withCallIds } from '#shared/providers/history.ts';
import { maxOutputOf } from '#shared/providers/prices.ts';

import { type Block, cacheControl, toAnthropicBlocks, toAnthropicTurns } from './messages.ts';
import { type ClaudeModel, claudeModel } from './models.ts';
import { answerSchema, inputSchema } from './schema.ts';

/** Paths that have a counterpart, or whose effect this translation has anyway. Values may still be dropped below. */
const EXPRESSED = pathsIn(`
  max_tokens max_completion_tokens temperature top_p top_k stop tools tool_choice parallel_tool_calls
  response_format reasoning_effort thinking user cache_control service_tier messages.tool_calls
  messages.tool_call_id messages.thinking_blocks messages.cache_control messages.content.cache_control
  messages.content.image_url messages.content.file messages.content.file.filename tools.cache_control
  tools.function.description tools.function.parameters tools.function.strict messages.tool_calls.index
`);

/** Tiers that name no price of their own. Anthropic's default is requested for each of them. */
const COMMON_TIERS = new Set(['auto', 'default', 'standard_only']);

function toolOf({ function: given, ...tool }: ChatTool, drop: Drop): Block[] {
  if (!given) return [];
  return [
    {
      name: given.name,
      description: given.description,
      input_schema: inputSchema(given.parameters),
      ...(given.strict && { strict: true }),
      ...cacheControl(tool['cache_control'], drop, 'tools.cache_control'),
    },
  ];
}

type Choice = ChatRequest['tool_choice'];

const functionNamed = (choice: Choice): string | undefined =>
  typeof choice === 'object' && choice.type === 'function' && isNamed(choice['function'])
    ? choice['function'].name
    : undefined;
const isNamed = (value: unknown): value is { name: string } =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';

/** Whether the model must call a tool. */
const isForced = (choice: Choice) => choice !== undefined && choice !== 'auto' && choice !== 'none';

function toolChoice(
  { tool_choice: choice, parallel_tool_calls: parallel }: ChatRequest,
  model: ClaudeModel,
  drop: Drop,
) {
  const alone = parallel === false ? { disable_parallel_tool_use: true } : {};
  const name = functionNamed(choice);
  if (choice === 'none') return { type: 'none' };
  if (choice === undefined && parallel !== false) return undefined;
  if (!isForced(choice)) return { type: 'auto', ...alone };
  if (!model.forcedTools || (typeof choice === 'object' && name === undefined)) {
    drop('tool_choice');
    return { type: 'auto', ...alone };
  }
  return name === undefined ? { type: 'any', ...alone } : { type: 'tool', name, ...alone };
}

const EFFORTS: Readonly<Record<string, string>> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};
/** Share of the answer's limit that thoughts may take, where a model wants a number. */
const BUDGETS: Readonly<Record<string, number>> = { low: 0.2, medium: 0.5, high: 0.8 };
const MIN_BUDGET = 1024;

/** Within one loop of tools, thoughts must come back with their calls. Other providers' calls have none. */
function lacksThoughts({ messages }: ChatRequest): boolean {
  const last = messages.findLast(({ role }) => role === 'assistant' || role === 'user');
  return last?.role === 'assistant' && (last.tool_calls ?? []).length > 0 && !last.thinking_blocks?.length;
}

type Thinking = { readonly thinking?: Block; readonly effort?: string };

type Target = { readonly model: ClaudeModel; readonly maxTokens: number };

/** The thinking that stands for a reasoning effort with this model; undefined where it has none. */
function thinkingBy(asked: string, { model, maxTokens }: Target): Thinking | undefined {
  if (asked === 'none') return model.canStopThinking ? {} : undefined;
  const effort = ownProperty(EFFORTS, asked);
  if (effort === undefined || model.thinking === 'none') return undefined;
  if (model.thinking === 'adaptive') return { thinking: { type: 'adaptive' }, effort };
  const budget = Math.max(MIN_BUDGET, Math.floor(maxTokens * (BUDGETS[effort] ?? 0.5)));
  return budget < maxTokens ? { thinking: { type: 'enabled', budget_tokens: budget } } : undefined;
}

/** Thoughts by a budget need their predecessors, and none go with a forced call. */
const isPossible = (request: ChatRequest, thinking: Block, { forcedTools }: ClaudeModel): boolean =>
  !(thinking['type'] === 'enabled' && lacksThoughts(request)) &&
  !(isForced(request.tool_choice) && forcedTools);

/** The caller's own `thinking`, else what stands for a reasoning effort. */
function thinkingOf(request: ChatRequest, target: Target, drop: Drop): Thinking {
  const { thinking, reasoning_effort: effort } = request;
  if (thinking === undefined && effort === undefined) return {};
  const wanted = thinking ? { thinking } : thinkingBy(effort ?? '', target);
  if (wanted && (!wanted.thinking || isPossible(request, wanted.thinking, target.model))) return wanted;
  drop(thinking ? 'thinking' : 'reasoning_effort');
  return {};
}

/** Sampling as this model takes it. While it thinks, it takes none. */
function samplingOf({ temperature, top_p, top_k }: ChatRequest, takes: boolean, drop: Drop) {
  if (!takes) {
    for (const [name, value] of Object.entries({ temperature, top_p, top_k }))
      if (value !== undefined && value !== 1) drop(name);
    return {};
  }
  if (temperature !== undefined && temperature > 1) drop('temperature');
  return { temperature: temperature === undefined ? undefined : Math.min(1, temperature), top_p, top_k };
}

function formatOf({ response_format: format }: ChatRequest, { structured }: ClaudeModel, drop: Drop) {
  if (!format || format.type === 'text') return {};
  if (structured && format.type === 'json_schema' && format.json_schema.schema) {
    return { format: { type: 'json_schema', schema: answerSchema(format.json_schema.schema) } };
  }
  drop('response_format'); // there is no mode for JSON without a schema
  return {};
}

/** A list of blocks only where it says more than their text. */
function systemOf(messages: ChatRequest['messages'], drop: Drop) {
  const blocks = messages.flatMap((message) => {
    const own = toAnthropicBlocks(message.content, drop);
    const cached = cacheControl(message['cache_control'], drop, 'messages.cache_control');
    return own.map((block, at) => (at === own.length - 1 ? { ...block, ...cached } : block));
  });
  const isPlain = blocks.every((block) => block['cache_control'] === undefined);
  return isPlain ? messages.map(({ content }) => contentText(content)).join('\n\n') : blocks;
}

/** The text of thoughts is in their blocks already. */
const thoughtsAreKept = (message: ChatMessage) =>
  message.role !== 'assistant' ||
  message.reasoning_content === undefined ||
  (message.thinking_blocks ?? []).length > 0;

function outputOf({ thinking, effort }: Thinking, format: object) {
  const output = { ...(effort !== undefined && { effort }), ...format };
  return { ...(thinking && { thinking }), ...(Object.keys(output).length > 0 && { output_config: output }) };
}

/** Whom the request is for, which tier it may use, how it is cached. */
function accountOf({ user, extra = {}, service_tier: tier = 'auto' }: ChatRequest, drop: Drop) {
  if (!COMMON_TIERS.has(tier)) drop('service_tier');
  return {
    ...(user !== undefined && { metadata: { user_id: user } }),
    ...cacheControl(extra['cache_control'], drop, 'cache_control'),
  };
}

function toolsOf(request: ChatRequest, model: ClaudeModel, drop: Drop) {
  const tools = request.tools?.flatMap((tool) => toolOf(tool, drop)) ?? [];
  return tools.length > 0 ? { tools, tool_choice: toolChoice(request, model, drop) } : {};
}

const stopsOf = ({ stop }: ChatRequest) =>
  stop === undefined ? undefined : [stop].flat().filter((word) => word.trim() !== '');

export function translate(request: ChatRequest, stream: boolean): Translated {
  const dropped = new Set([...presentFields(request)].filter((path) => !EXPRESSED.has(path)));
  const drop: Drop = (path) => void dropped.add(path);
  if (request.messages.every(thoughtsAreKept)) dropped.delete('messages.reasoning_content');
  const model = claudeModel(request.model);
  const maxTokens = outputLimit(request) ?? maxOutputOf('anthropic', request.model) ?? model.maxTokens;
  const { system, turns } = splitSystem(request.messages);
  const thinking = thinkingOf(request, { model, maxTokens }, drop);
  const body = {
    model: request.model,
    ...(system.length > 0 && { system: systemOf(system, drop) }),
    messages: toAnthropicTurns(withCallIds(turns, CALL_ID), drop),
    max_tokens: maxTokens,
    ...samplingOf(request, model.sampling && !thinking.thinking, drop),
    stop_sequences: stopsOf(request),
    ...toolsOf(request, model, drop),
    ...outputOf(thinking, formatOf(request, model, drop)),
    ...accountOf(request, drop),
    ...(stream && { stream: true }),
  };
  return { body, dropped: [...dropped], maxOutputTokens: maxTokens };
}
