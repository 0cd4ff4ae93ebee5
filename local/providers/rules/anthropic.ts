// Requests that Anthropic rejects on /v1/messages and /v1/messages/count_tokens. Messages as the API words them.
import {
  asList,
  asObject,
  asText,
  firstProblem,
  firstProblemIn,
  isObject,
  isOutside,
  type Json,
  keySet,
  type Rule,
  unknownKey,
} from '#local/providers/json.ts';

const FIELDS = keySet(
  'cache_control container context_management inference_geo max_tokens mcp_servers messages metadata model output_config output_format service_tier stop_sequences stream system temperature thinking tool_choice tools top_k top_p',
);
const BLOCK_FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  text: keySet('type text cache_control citations'),
  image: keySet('type source cache_control'),
  document: keySet('type source cache_control citations context title'),
  tool_use: keySet('type id name input cache_control caller'),
  tool_result: keySet('type tool_use_id content is_error cache_control'),
  thinking: keySet('type thinking signature'),
  redacted_thinking: keySet('type data'),
};
const TOOL_ID = /^[a-zA-Z0-9_-]+$/;
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;

/** The reason for a rejection, undefined for a valid request. */
export function checkAnthropic(path: string, body: Json, version: unknown): string | undefined {
  if (!path.startsWith('/v1/messages')) return undefined;
  if (version === undefined) return 'anthropic-version: header is required';
  const isCount = path.startsWith('/v1/messages/count_tokens');
  const messages = asList(body.messages).map(asObject);
  return (
    firstProblem(OPTIONS, body) ??
    (isCount ? undefined : firstProblem(LIMITS, body)) ??
    checkTools(asList(body.tools).map(asObject)) ??
    checkContent(body.system, 'system') ??
    firstProblem(MESSAGES, messages) ??
    firstProblemIn(TURNS, turnsIn(messages))
  );
}

const OPTIONS: readonly Rule<Json>[] = [
  (body) => withText(unknownKey(body, FIELDS), (name) => `${name}: Extra inputs are not permitted`),
  ({ model }) => typeof model !== 'string' && 'model: Field required',
  ({ temperature }) => isOutside(temperature, [0, 1]) && 'temperature: range: 0..1',
  ({ top_p }) => isOutside(top_p, [0, 1]) && 'top_p: range: 0..1',
  ({ stop_sequences }) =>
    asList(stop_sequences).some((stop) => asText(stop).trim() === '') &&
    'stop_sequences: each stop sequence must contain non-whitespace',
  ({ tool_choice, tools }) =>
    isObject(tool_choice) &&
    tool_choice.type !== 'none' &&
    asList(tools).length === 0 &&
    'tool_choice: may only be specified while providing tools',
];

/** Limits that a count of tokens does not have. */
const LIMITS: readonly Rule<Json>[] = [
  ({ max_tokens }) => max_tokens === undefined && 'max_tokens: Field required',
  ({ max_tokens }) =>
    !(Number.isInteger(max_tokens) && Number(max_tokens) >= 1) &&
    'max_tokens: Input should be a valid integer greater than or equal to 1',
  ({ max_tokens, thinking }) =>
    Number(asObject(thinking).budget_tokens ?? 0) >= Number(max_tokens) &&
    '`max_tokens` must be greater than `thinking.budget_tokens`.',
];

const withText = (text: string | undefined, write: (text: string) => string) =>
  text === undefined ? undefined : write(text);

function checkTools(tools: readonly Json[]): string | undefined {
  const names = tools.map(({ name }) => name);
  if (new Set(names).size < names.length) return 'tools: Tool names must be unique.';
  for (const [index, { type, name, input_schema: schema }] of tools.entries()) {
    if (type !== undefined && type !== 'custom') continue; // server tools have schemas of their own
    const where = `tools.${index}.custom`;
    if (!TOOL_NAME.test(asText(name)))
      return `${where}.name: String should match pattern '${TOOL_NAME.source}'`;
    if (asObject(schema).type !== 'object') return `${where}.input_schema.type: Input should be 'object'`;
    if (['anyOf', 'oneOf', 'allOf'].some((key) => key in asObject(schema)))
      return `${where}: input_schema does not support oneOf, allOf, or anyOf at the top level`;
  }
  return undefined;
}

const MESSAGES: readonly Rule<readonly Json[]>[] = [
  (messages) => messages.length === 0 && 'messages: at least one message is required',
  ([first]) => first?.role !== 'user' && 'messages: first message must use the "user" role',
  (messages) => {
    const { role, content } = messages.at(-1) ?? {};
    const endsBlank = role === 'assistant' && /\s$/.test(asText(content));
    return endsBlank && 'messages: final assistant content cannot end with trailing whitespace';
  },
];

type Turn = {
  readonly message: Json;
  readonly where: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
};

const turnsIn = (messages: readonly Json[]): readonly Turn[] =>
  messages.map((message, index) => ({
    message,
    where: `messages.${index}`,
    before: messages[index - 1],
    after: messages[index + 1],
  }));

const isEmpty = (content: unknown): boolean =>
  content === undefined || content === '' || (Array.isArray(content) && content.length === 0);

const MESSAGE_FIELDS = keySet('role content');
const TURNS: readonly Rule<Turn>[] = [
  ({ message: { role }, where }) =>
    !['user', 'assistant'].includes(asText(role)) && `${where}.role: Input should be 'user' or 'assistant'`,
  ({ message, where }) =>
    withText(
      unknownKey(message, MESSAGE_FIELDS),
      (name) => `${where}.${name}: Extra inputs are not permitted`,
    ),
  ({ message: { role, content }, where, after }) =>
    isEmpty(content) &&
    !(role === 'assistant' && after === undefined) &&
    `${where}: all messages must have non-empty content except for the optional final assistant message`,
  ({ message, where }) => checkContent(message.content, where),
  checkPairs,
];

type Block = { readonly block: Json; readonly type: string; readonly path: string };

const BLOCKS: readonly Rule<Block>[] = [
  ({ block, type, path }) =>
    type === 'text' &&
    asText(block.text) === '' &&
    `${path.replace(/\..*/, '')}: text content blocks must be non-empty`,
  ({ block, type, path }) =>
    withText(
      unknownKey(block, BLOCK_FIELDS[type] ?? new Set(Object.keys(block))),
      (name) => `${path}.${type}.${name}: Extra inputs are not permitted`,
    ),
  ({ block, type, path }) =>
    type === 'tool_use' &&
    !TOOL_ID.test(asText(block.id)) &&
    `${path}.tool_use.id: String should match pattern '${TOOL_ID.source}'`,
  ({ block, type, path }) =>
    type === 'tool_use' &&
    !isObject(block.input) &&
    `${path}.tool_use.input: Input should be a valid dictionary`,
  ({ block, type, path }) => type === 'tool_result' && checkContent(block.content, path),
];

function checkContent(content: unknown, where: string): string | undefined {
  const blocks = asList(content).map((each, index) => {
    const block = asObject(each);
    return { block, type: asText(block.type), path: `${where}.content.${index}` };
  });
  return firstProblemIn(BLOCKS, blocks);
}

const idsIn = (message: Json | undefined, type: 'tool_use' | 'tool_result'): string[] =>
  asList(message?.content)
    .map(asObject)
    .filter((block) => block.type === type)
    .map((block) => asText(block[type === 'tool_use' ? 'id' : 'tool_use_id']));

function checkPairs({ message, where, before, after }: Turn): string | undefined {
  const used = idsIn(message, 'tool_use');
  const missing = used.filter((id) => !idsIn(after, 'tool_result').includes(id));
  if (missing.length > 0)
    return `${where}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
  const stray = idsIn(message, 'tool_result').find((id) => !idsIn(before, 'tool_use').includes(id));
  if (stray !== undefined)
    return `${where}.content.0: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
  return new Set(used).size < used.length ? 'messages: `tool_use` ids must be unique' : undefined;
}
