// A request in OpenAI's Responses API as a chat request.
import type { Drop } from '#shared/providers/dropped-fields.ts';
import { createTranslation } from '#shared/providers/translated-chat.ts';

import type { ResponsesBody, Tool } from './body.ts';
import type { Fields } from './envelope.ts';
import { dropOthers, toChatMessages } from './input-items.ts';

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const fields = (value: unknown): Fields => (isObject(value) ? value : {});
const present = (value: unknown): boolean => value !== undefined && value !== null;

function toChatTool({ type, name, description, parameters, strict, ...rest }: Tool, drop: Drop): Fields[] {
  if (type !== 'function') {
    drop(`tools.${type}`);
    return [];
  }
  dropOthers(rest, [], (field) => drop(`tools.${field}`));
  const given = { description, parameters, strict };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => present(value)));
  return [{ type, function: { name, ...known } }];
}

const named = (name: unknown) => ({ type: 'function', function: { name } });

function toChatToolChoice(choice: unknown, drop: Drop): Fields {
  if (typeof choice === 'string') return { tool_choice: choice };
  const { type, name, mode, tools } = fields(choice);
  if (type === 'function') return { tool_choice: named(name) };
  if (type === 'allowed_tools' && Array.isArray(tools)) {
    const allowed = tools.map((tool: unknown) => named(fields(tool)['name']));
    return { tool_choice: { type, allowed_tools: { mode, tools: allowed } } };
  }
  if (present(choice)) drop('tool_choice');
  return {};
}

function toChatTools(
  { tools, tool_choice: choice, parallel_tool_calls: parallel }: ResponsesBody,
  drop: Drop,
): Fields {
  const own = (tools ?? []).flatMap((tool) => toChatTool(tool, drop));
  if (own.length === 0) return {};
  return {
    tools: own,
    ...toChatToolChoice(choice, drop),
    ...(parallel === false && { parallel_tool_calls: false }),
  };
}

function toChatFormat(format: Fields): Fields {
  const { type, name, schema, strict, description } = format;
  if (type === 'json_object') return { response_format: { type } };
  if (type !== 'json_schema') return {};
  const given = Object.entries({ name, schema, strict, description }).filter(([, value]) => present(value));
  return { response_format: { type, json_schema: Object.fromEntries(given) } };
}

function textOf(text: unknown, drop: Drop): Fields {
  const { format, verbosity, ...rest } = fields(text);
  dropOthers(rest, [], (name) => drop(`text.${name}`));
  return { ...toChatFormat(fields(format)), ...(present(verbosity) && { verbosity }) };
}

function reasoningOf(reasoning: unknown, drop: Drop): Fields {
  const { effort, summary: _summary, generate_summary: _old, ...rest } = fields(reasoning);
  dropOthers(rest, [], (name) => drop(`reasoning.${name}`)); // a summary comes where the provider gives one
  return present(effort) ? { reasoning_effort: effort } : {};
}

/** Same name and meaning in both. */
const SAME = [
  'temperature',
  'top_p',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
];
/** Translated, or without an effect on the answer. */
const TRANSLATED = new Set([
  ...SAME,
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_output_tokens',
  'metadata',
  'text',
  'reasoning',
  'stream',
  'stream_options',
  'store',
  'background',
]);
const isBenign: Readonly<Record<string, (value: unknown) => boolean>> = {
  truncation: (value) => value === 'disabled',
  service_tier: (value) => value === 'auto' || value === 'default',
  top_logprobs: (value) => value === 0,
  // Thoughts are always returned with what their provider has to get back.
  include: (value) => Array.isArray(value) && value.every((one) => one === 'reasoning.encrypted_content'),
};

function dropUnknown(body: Fields, drop: Drop): void {
  for (const [name, value] of Object.entries(body)) {
    const isExpressed = TRANSLATED.has(name) || (Object.hasOwn(isBenign, name) && isBenign[name]?.(value));
    if (present(value) && !isExpressed) drop(name);
  }
}

function toChatOptions(body: ResponsesBody, drop: Drop): Fields {
  const same = SAME.flatMap((name) => (present(body[name]) ? [[name, body[name]] as const] : []));
  const metadata = fields(body['metadata']);
  return {
    ...Object.fromEntries(same),
    ...(present(body.max_output_tokens) && { max_completion_tokens: body.max_output_tokens }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...textOf(body['text'], drop),
    ...reasoningOf(body['reasoning'], drop),
  };
}

/** @throws {AppError} `invalid_input` */
export const chatOfResponses = createTranslation<ResponsesBody>({
  dropUnknown,
  toChatMessages,
  toChatTools,
  toChatOptions,
});
