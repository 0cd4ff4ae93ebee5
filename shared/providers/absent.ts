// Fields that request nothing: `null`, and values that every provider takes as its default.
import { isExactNumber } from '#shared/core/exact-json.ts';

/** Below these names stands the caller's own data, in which `null` and defaults have their own meaning. */
const OPAQUE = new Set([
  'parameters',
  'schema',
  'metadata',
  'extra_body',
  'extra_content',
  'input',
  'logit_bias',
]);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isEmpty = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0;

/** Field → whether this value requests nothing. */
const BENIGN: Readonly<Record<string, (value: unknown) => boolean>> = {
  frequency_penalty: (value) => value === 0,
  presence_penalty: (value) => value === 0,
  logprobs: (value) => value === false,
  top_logprobs: (value) => value === 0,
  logit_bias: isEmpty,
  metadata: isEmpty,
  n: (value) => value === 1,
  store: (value) => value === false,
  parallel_tool_calls: (value) => value === true,
  stop: (value) => value === '' || (Array.isArray(value) && value.length === 0),
  tools: (value) => Array.isArray(value) && value.length === 0,
  functions: (value) => Array.isArray(value) && value.length === 0,
  response_format: (value) => isObject(value) && value['type'] === 'text',
  modalities: (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
  thinking: (value) => isObject(value) && value['type'] === 'disabled',
};

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  // A number beyond the exact range is kept as an object of its own text.
  if (!isObject(value) || isExactNumber(value)) return value;
  // A message of calls alone has `content: null`, which some servers want to see.
  const fields = Object.entries(value).filter(([name, field]) => field !== null || name === 'content');
  return Object.fromEntries(
    fields.map(([name, field]) => [name, OPAQUE.has(name) ? field : withoutNulls(field)]),
  );
}

const callsNothing = (calls: unknown) => Array.isArray(calls) && calls.length === 0;

/** Clients write an empty list of calls into a message that makes none. */
function presentMessage(message: unknown): unknown {
  if (!isObject(message) || !callsNothing(message['tool_calls'])) return message;
  const { tool_calls: _none, ...rest } = message;
  return rest;
}

/**
 * A chat request without the fields that request nothing. A choice of tools goes with its tools.
 * @param body as parsed; anything that is no object is returned unchanged
 */
export function withoutAbsent(body: unknown): unknown {
  const present = withoutNulls(body);
  if (!isObject(present)) return present;
  const fields = Object.entries(present).filter(
    ([name, value]) => !(Object.hasOwn(BENIGN, name) && BENIGN[name]?.(value)),
  );
  const { messages, tool_choice: choice, ...rest } = Object.fromEntries(fields);
  return {
    ...rest,
    ...(messages !== undefined && {
      messages: Array.isArray(messages) ? messages.map(presentMessage) : messages,
    }),
    ...(choice !== undefined &&
      (rest['tools'] || (choice !== 'auto' && choice !== 'none')) && { tool_choice: choice }),
  };
}
