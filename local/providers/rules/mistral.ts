// Requests that Mistral rejects on /v1/chat/completions and /v1/embeddings. Messages as the API words them.
import { errorReply, type Reply } from '#local/providers/dialects.ts';
import {
  asList,
  asObject,
  asText,
  firstProblemIn,
  isOutside,
  isPresent,
  type Json,
  keySet,
  type Rule,
  unknownKey,
} from '#local/providers/json.ts';

const CHAT = keySet(
  'model temperature top_p max_tokens stream stop random_seed metadata messages response_format tools tool_choice presence_penalty frequency_penalty n prediction parallel_tool_calls prompt_mode reasoning_effort guardrails prompt_cache_key safe_prompt',
);
const EMBEDDINGS = keySet('model metadata input output_dimension output_dtype encoding_format');
const MESSAGE: Readonly<Record<string, ReadonlySet<string>>> = {
  system: keySet('role content'),
  user: keySet('role content'),
  assistant: keySet('role content tool_calls prefix'),
  tool: keySet('role content tool_call_id name'),
};
const TOOL_CALL = keySet('id type function index');
const TOOL_CALL_ID = /^[a-zA-Z0-9]{9}$/;
const RANGES = {
  temperature: [0, 1.5],
  top_p: [0, 1],
  presence_penalty: [-2, 2],
  frequency_penalty: [-2, 2],
} as const;

/** Undefined for a valid request. */
export function checkMistral(path: string, body: Json): Reply | undefined {
  if (path.includes('/embeddings')) return checkFields(body, EMBEDDINGS, 'input');
  if (!path.includes('/chat/completions')) return undefined;
  return (
    checkFields(body, CHAT, 'messages') ??
    checkMessages(asList(body.messages).map(asObject)) ??
    checkTools(body)
  );
}

/** Mistral's validation error, as its framework writes it. */
const invalid = (type: string, loc: readonly (string | number)[]): Reply => [
  422,
  {
    object: 'error',
    message: { detail: [{ type, loc: ['body', ...loc], msg: type }] },
    type: 'invalid_request_error',
    param: null,
    code: null,
  },
];

function checkFields(body: Json, allowed: ReadonlySet<string>, required: string): Reply | undefined {
  const unknown = unknownKey(body, allowed);
  if (unknown !== undefined) return invalid('extra_forbidden', [unknown]);
  const missing = ['model', required].find((name) => body[name] === undefined);
  if (missing !== undefined) return invalid('missing', [missing]);
  const outside = Object.entries(RANGES).find(([name, range]) => isOutside(body[name], range));
  return outside && invalid('less_than_equal', [outside[0]]);
}

function checkTools({ tools }: Json): Reply | undefined {
  const index = asList(tools).findIndex((tool) => asObject(asObject(tool).function).parameters === undefined);
  return index < 0 ? undefined : invalid('missing', ['tools', index, 'function', 'parameters']);
}

type Turn = {
  readonly messages: readonly Json[];
  readonly index: number;
  readonly message: Json;
  readonly role: string;
};

function checkMessages(messages: readonly Json[]): Reply | undefined {
  if (messages.length === 0) return invalidOrder('Conversation must have at least one message');
  const turns = messages.map((message, index) => ({ messages, index, message, role: asText(message.role) }));
  const problem = firstProblemIn(TURNS, turns);
  if (problem !== undefined) return problem;
  const last = messages.at(-1);
  if (['user', 'tool'].includes(asText(last?.role)) || last?.prefix === true) return undefined;
  return invalidOrder(
    `Expected last role User or Tool (or Assistant with prefix True) for serving but got ${asText(last?.role)}`,
  );
}

const callsIn = ({ tool_calls: calls }: Json): readonly Json[] => asList(calls).map(asObject);
const invalidOrder = (message: string): Reply => errorReply('mistral', 400, { message, code: '3230' });

const TURNS: readonly Rule<Turn, Reply>[] = [
  ({ role, index }) => MESSAGE[role] === undefined && invalid('union_tag_invalid', ['messages', index]),
  ({ message, role, index }) => {
    const unknown = unknownKey(message, MESSAGE[role] ?? new Set());
    return unknown !== undefined && invalid('extra_forbidden', ['messages', index, role, unknown]);
  },
  ({ message, role }) => {
    const isEmpty = !isPresent(message.content) || message.content === '';
    if (role !== 'assistant' || !isEmpty || callsIn(message).length > 0) return undefined;
    const text = 'Assistant message must have either content or tool_calls, but not none.';
    return errorReply('mistral', 400, { message: text, code: '3240' });
  },
  ({ message, index }) => {
    const unknown = callsIn(message).flatMap((call) => unknownKey(call, TOOL_CALL) ?? [])[0];
    return unknown !== undefined && invalid('extra_forbidden', ['messages', index, 'tool_calls', unknown]);
  },
  ({ message, role }) => {
    const ids = role === 'tool' ? [message.tool_call_id] : callsIn(message).map(({ id }) => id);
    const wrong = ids.find((id) => !TOOL_CALL_ID.test(asText(id)));
    if (wrong === undefined) return undefined;
    const text = `Tool call id was ${asText(wrong)} but must be a-z, A-Z, 0-9, with a length of 9.`;
    return errorReply('mistral', 400, { message: text, code: '3280' });
  },
  ({ messages, role, index }) => {
    const before = asText(messages[index - 1]?.role);
    const allowed = role === 'tool' ? ['tool', 'assistant'] : ['assistant'];
    const isMisplaced =
      (before === 'tool' || role === 'tool') && !allowed.includes(role === 'tool' ? before : role);
    return isMisplaced && invalidOrder(`Unexpected role '${role}' after role '${before}'`);
  },
  ({ messages, message, index }) => {
    const calls = callsIn(message).length;
    const next = messages.slice(index + 1).findIndex(({ role }) => role !== 'tool');
    const answered = next < 0 ? messages.length - index - 1 : next;
    return (
      calls > 0 && calls !== answered && invalidOrder('Not the same number of function calls and responses')
    );
  },
];
