// Requests that OpenAI rejects: /v1/chat/completions, /v1/responses, /v1/embeddings. Messages as the API words them.
import { checkResponses } from './openai-responses.ts';
import {
  asList,
  asObject,
  asText,
  firstProblem,
  isObject,
  isOutside,
  isPresent,
  type Json,
  keySet,
  type Rule,
  unknownKey,
} from '#local/providers/json.ts';

const CHAT = keySet(
  'audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages metadata modalities model moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options',
);
const RESPONSES = keySet(
  'background context_management conversation include input instructions max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user',
);
const EMBEDDINGS = keySet('dimensions encoding_format input model user');
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const RANGES = {
  temperature: [0, 2],
  top_p: [0, 1],
  presence_penalty: [-2, 2],
  frequency_penalty: [-2, 2],
  n: [1, 128],
  top_logprobs: [0, 20],
} as const;

/** The reason for a rejection, undefined for a valid request. */
export function checkOpenAi(path: string, body: Json): string | undefined {
  if (path.startsWith('/v1/chat/completions')) return checkChat(body);
  if (path.startsWith('/v1/responses')) return checkFields(body, RESPONSES) ?? checkResponseFields(body);
  if (path.startsWith('/v1/embeddings')) return checkFields(body, EMBEDDINGS) ?? checkEmbeddings(body);
  return undefined;
}

function checkFields(body: Json, allowed: ReadonlySet<string>): string | undefined {
  if (typeof body.model !== 'string' || body.model === '') return 'you must provide a model parameter';
  const unknown = unknownKey(body, allowed);
  if (unknown !== undefined) return `Unrecognized request argument supplied: ${unknown}`;
  const outside = Object.entries(RANGES).find(([name, range]) => isOutside(body[name], range));
  return outside && `Invalid value for '${outside[0]}': expected ${outside[1].join(' to ')}.`;
}

function checkChat(body: Json): string | undefined {
  return (
    checkFields(body, CHAT) ??
    firstProblem(OPTIONS, body) ??
    checkTools(asList(body.tools).map((tool) => asObject(asObject(tool).function))) ??
    checkSchemaFormat(asObject(asObject(body.response_format).json_schema), 'response_format') ??
    checkHistory(asList(body.messages).map(asObject))
  );
}

const isTooLong = (name: string, limit: number) => (body: Json) =>
  asList(body[name]).length > limit && `Invalid '${name}': array too long. Expected at most ${limit}.`;
const needsTools = (name: string) => (body: Json) => {
  const isGiven = isPresent(body[name]) && body[name] !== 'none';
  return (
    isGiven && asList(body.tools).length === 0 && `'${name}' is only allowed when 'tools' are specified.`
  );
};
const OPTIONS: readonly Rule<Json>[] = [
  ({ stream, stream_options }) =>
    isPresent(stream_options) &&
    stream !== true &&
    "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
  needsTools('tool_choice'),
  needsTools('parallel_tool_calls'),
  ({ tools }) => Array.isArray(tools) && tools.length === 0 && "[] is too short - 'tools'",
  isTooLong('tools', 128),
  isTooLong('stop', 4),
  ({ max_tokens, max_completion_tokens }) =>
    isPresent(max_tokens) &&
    isPresent(max_completion_tokens) &&
    "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
];

function checkTools(functions: readonly Json[]): string | undefined {
  for (const { name, parameters } of functions) {
    if (!TOOL_NAME.test(asText(name)))
      return "Invalid 'tools[0].function.name': string does not match pattern '^[a-zA-Z0-9_-]+$'.";
    if (isObject(parameters) && Object.keys(parameters).length > 0 && parameters.type !== 'object')
      return `Invalid schema for function '${asText(name)}': schema must be a JSON Schema of 'type: "object"'.`;
  }
  return undefined;
}

function checkSchemaFormat({ name, schema, strict }: Json, where: string): string | undefined {
  if (schema === undefined) return undefined;
  if (!TOOL_NAME.test(asText(name))) return `Missing required parameter: '${where}.json_schema.name'.`;
  const problem = strict === true ? strictProblem(schema) : undefined;
  return problem && `Invalid schema for ${where} '${asText(name)}': ${problem}`;
}

/** Rules of strict structured outputs for every object in the schema. */
function strictProblem(schema: unknown): string | undefined {
  if (Array.isArray(schema)) return schema.map(strictProblem).find(Boolean);
  if (!isObject(schema)) return undefined;
  if (schema.type === 'object') {
    if (schema.additionalProperties !== false)
      return "'additionalProperties' is required to be supplied and to be false.";
    const optional = Object.keys(asObject(schema.properties)).find(
      (name) => !asList(schema.required).includes(name),
    );
    if (optional) return `'required' must include every key in properties. Missing '${optional}'.`;
  }
  return Object.values(schema).map(strictProblem).find(Boolean);
}

function checkHistory(messages: readonly Json[]): string | undefined {
  if (messages.length === 0)
    return "Invalid 'messages': empty array. Expected an array with minimum length 1.";
  let pending: readonly string[] = [];
  for (const [index, message] of messages.entries()) {
    const problem =
      message.role === 'tool' ? checkResult(message, pending) : checkMessage(message, index, pending);
    if (problem !== undefined) return problem;
    pending =
      message.role === 'tool'
        ? pending.filter((id) => id !== message.tool_call_id)
        : asList(message.tool_calls).map((call) => asText(asObject(call).id));
  }
  return unanswered(pending);
}

const checkResult = ({ tool_call_id: id }: Json, pending: readonly string[]): string | undefined =>
  pending.includes(asText(id))
    ? undefined
    : "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";

function checkMessage(
  { role, content }: Json,
  index: number,
  pending: readonly string[],
): string | undefined {
  if (role !== 'assistant' && !isPresent(content))
    return `Invalid value for 'content': expected a string, got null. - 'messages[${index}]'`;
  return unanswered(pending);
}

const unanswered = (ids: readonly string[]): string | undefined =>
  ids.length === 0
    ? undefined
    : `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(', ')}`;

function checkResponseFields(body: Json): string | undefined {
  const functions = asList(body.tools)
    .map(asObject)
    .filter(({ type }) => type === 'function');
  const format = asObject(asObject(body.text).format);
  return checkResponses(body) ?? checkTools(functions) ?? checkSchemaFormat(format, 'text.format');
}

function checkEmbeddings({ input }: Json): string | undefined {
  const inputs = [input].flat();
  if (inputs.length === 0 || input === '' || inputs.includes('')) return "'$.input' is invalid.";
  return inputs.length > 2048 ? "'$.input' is invalid: at most 2048 inputs." : undefined;
}
