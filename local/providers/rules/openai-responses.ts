// Requests to /v1/responses that OpenAI rejects, beside those with unknown fields and invalid tools.
import {
  asList,
  asObject,
  asText,
  firstProblem,
  isObject,
  isPresent,
  type Json,
  type Rule,
} from '#local/providers/json.ts';

/** The reason for a rejection, undefined for a valid request. */
export function checkResponses(body: Json): string | undefined {
  const items = asList(body.input).map(asObject);
  return firstProblem(FIELDS, body) ?? firstProblemAt(items, body);
}

const FIELDS: readonly Rule<Json>[] = [
  ({ input }) =>
    (input === undefined || (Array.isArray(input) && input.length === 0)) &&
    "One of 'input' or 'previous_response_id' or 'prompt' or 'conversation_id' must be provided.",
  ({ previous_response_id: previous }) =>
    typeof previous === 'string' && `Previous response with id '${previous}' not found.`,
  ({ max_output_tokens: limit }) =>
    typeof limit === 'number' &&
    limit < 16 &&
    `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got ${limit} instead.`,
  ({ stream, stream_options }) =>
    isPresent(stream_options) &&
    stream !== true &&
    "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
  ({ tools }) =>
    asList(tools).some((tool) => typeof asObject(tool).type !== 'string') &&
    "Missing required parameter: 'tools[0].type'.",
  ({ tools }) =>
    asList(tools).some((tool) => isObject(asObject(tool).function)) &&
    "Missing required parameter: 'tools[0].name'.",
  ({ tool_choice, tools }) =>
    isObject(tool_choice) &&
    tool_choice.type === 'function' &&
    !asList(tools).some((tool) => asObject(tool).name === tool_choice.name) &&
    "Tool choice 'function' not found in 'tools' parameter.",
];

const ITEM_TYPES = new Set(
  'message function_call function_call_output custom_tool_call custom_tool_call_output reasoning item_reference local_shell_call local_shell_call_output apply_patch_call apply_patch_call_output web_search_call file_search_call code_interpreter_call image_generation_call mcp_call mcp_list_tools compaction'.split(
    ' ',
  ),
);
const CALLS = new Set(['function_call', 'custom_tool_call']);
const OUTPUTS: Readonly<Record<string, string>> = {
  function_call_output: 'function call output',
  custom_tool_call_output: 'custom tool call output',
};

function firstProblemAt(items: readonly Json[], { store }: Json): string | undefined {
  const called = new Set<unknown>();
  for (const [at, item] of items.entries()) {
    const type = item.type === undefined ? 'message' : asText(item.type);
    const problem =
      checkItem(item, type, at) ?? checkReasoning(item, type, store) ?? checkOutput(item, type, called);
    if (problem !== undefined) return problem;
    if (CALLS.has(type)) called.add(item.call_id);
  }
  const answered = new Set(items.map(({ type, call_id: id }) => OUTPUTS[asText(type)] && id));
  const open = [...called].find((id) => !answered.has(id));
  return open === undefined ? undefined : `No tool output found for function call ${asText(open)}.`;
}

function checkItem({ role, content }: Json, type: string, at: number): string | undefined {
  if (!ITEM_TYPES.has(type))
    return `Invalid value: '${type}'. Supported values are: 'message', 'function_call', …`;
  if (type !== 'message') return undefined;
  if (!isPresent(content)) return `Missing required parameter: 'input[${at}].content'.`;
  const allowed = role === 'assistant' ? ['output_text', 'refusal'] : INPUT_PARTS;
  const wrong = asList(content)
    .map((part) => asText(asObject(part).type))
    .find((each) => !allowed.includes(each));
  return wrong === undefined
    ? undefined
    : `Invalid value: '${wrong}'. Supported values are: ${allowed.map((each) => `'${each}'`).join(', ')}.`;
}
const INPUT_PARTS = ['input_text', 'input_image', 'input_file', 'input_audio', 'output_text'];

function checkReasoning({ id, encrypted_content: sealed }: Json, type: string, store: unknown) {
  if (type !== 'reasoning' || store !== false) return undefined;
  if (typeof sealed !== 'string')
    return `Item with id '${asText(id)}' not found. Items are not persisted when \`store\` is set to false.`;
  return /^[\w+/=-]+$/.test(sealed) ? undefined : 'The encrypted content could not be verified.';
}

function checkOutput({ call_id: id }: Json, type: string, called: ReadonlySet<unknown>): string | undefined {
  const name = OUTPUTS[type];
  return name === undefined || called.has(id)
    ? undefined
    : `No tool call found for ${name} with call_id ${asText(id)}.`;
}
