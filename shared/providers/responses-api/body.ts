// A request in OpenAI's Responses API, as much of it as this gateway has to know. Everything else is OpenAI's to judge.
import * as z from 'zod';

import { rejectedField } from '#shared/providers/chat.ts';
import type { NativeRequest } from '#shared/providers/dialect-calls.ts';

import { responseEvents } from './native-events.ts';
import { isForeignThought } from './thoughts.ts';

const Part = z.looseObject({ type: z.string().min(1).max(64) });
export type Part = z.output<typeof Part>;

const Item = z.looseObject({
  type: z.string().min(1).max(64).nullish(),
  role: z.enum(['user', 'assistant', 'system', 'developer']).nullish(),
  content: z.union([z.string(), z.array(Part)], 'must be a text or a list of parts').nullish(),
});
export type Item = z.output<typeof Item>;

const Tool = z.looseObject({ type: z.string().min(1).max(64) });
export type Tool = z.output<typeof Tool>;

const Body = z.looseObject({
  model: z.string().regex(/^[\w.:/@+-]{1,200}$/, 'must be the name of a model'),
  input: z.union([z.string(), z.array(Item).min(1).max(20_000)], 'must be a text or a list of items'),
  instructions: z.string().nullish(),
  tools: z.array(Tool).max(1000).nullish(),
  max_output_tokens: z.int().min(1).max(10_000_000).nullish(),
  stream: z.boolean().nullish(),
  service_tier: z.string().max(20).nullish(),
});
export type ResponsesBody = z.output<typeof Body>;

const NOT_STORED = 'nothing is stored between requests';

/** Fields that rely on something stored at OpenAI → the remedy. */
const STATEFUL: Readonly<Record<string, string>> = {
  previous_response_id: `is not supported, for ${NOT_STORED}: send the earlier input and output items in input`,
  conversation: `is not supported, for ${NOT_STORED}: send the earlier input and output items in input`,
  background:
    'must be false or absent: the answer comes in the response to this request; use stream for long ones',
  store: `must be false or absent: ${NOT_STORED}`,
  prompt: 'is not supported, for its length and tools are not known here: send its text in instructions',
};

/** `store` and `background` default to what is possible here. */
const isStateful = (value: unknown): boolean => value !== undefined && value !== null && value !== false;

const REFERENCE = `must be the item itself, for ${NOT_STORED}: configure the client with store: false`;

/** Reports a field that needs an earlier request, by its name. */
export const ResponsesBody = Body.superRefine((body, context) => {
  for (const [name, message] of Object.entries(STATEFUL)) {
    if (isStateful(body[name])) context.addIssue({ code: 'custom', path: [name], message });
  }
  if (typeof body.input === 'string') return;
  for (const [at, { type }] of body.input.entries()) {
    if (type === 'item_reference')
      context.addIssue({ code: 'custom', path: ['input', at], message: REFERENCE });
  }
});

const TITLE = 'OpenAI';

/**
 * The faster tiers cost up to six times the known price. Without an explicit tier the project's own setting applies.
 * @throws {AppError} `invalid_input`
 */
function checkedServiceTier(asked: string | null | undefined): 'default' | 'flex' {
  if (asked === 'flex') return 'flex'; // cheaper, and charged as if it were not
  if (asked === 'auto' || asked === 'default' || asked == null) return 'default';
  const message = 'must be auto, default or flex: the price of others is not known';
  throw rejectedField(TITLE, 'service_tier', message);
}

/** Tools that the caller runs. All others run at OpenAI, and are billed by their use or by an unknown number of turns. */
const CALLER_TOOLS = new Set([
  'function',
  'custom',
  'namespace',
  'tool_search',
  'local_shell',
  'apply_patch',
]);
const isCallersTool = ({ type, environment }: Tool): boolean =>
  CALLER_TOOLS.has(type) ||
  (type === 'shell' && (environment as { type?: unknown } | undefined)?.type === 'local');

const MODES = new Set(['function', 'custom', 'allowed_tools']);

/** @throws {AppError} `invalid_input` for a choice of a tool that is left out */
function checkChoice({ tool_choice: choice }: ResponsesBody, left: ReadonlySet<string>): void {
  const type = typeof choice === 'object' && choice !== null && 'type' in choice ? choice.type : undefined;
  if (typeof type !== 'string' || MODES.has(type) || !left.has(type)) return;
  throw rejectedField(
    TITLE,
    'tool_choice',
    'names a tool that is billed by its use, at a price that is not known',
  );
}

/** No known model counts one picture, or one document, as more tokens. */
const EXTRA_TOKENS: Readonly<Record<string, number>> = { input_image: 50_000, input_file: 300_000 };

const responsesExtraBytes = (parts: unknown): number =>
  Array.isArray(parts)
    ? parts.reduce<number>((sum, part: Part) => sum + (EXTRA_TOKENS[part.type] ?? 0), 0)
    : 0;

export function responsesInputBytes(body: ResponsesBody): number {
  const items = typeof body.input === 'string' ? [] : body.input;
  const extra = items.reduce(
    (sum, { content, output }) => sum + responsesExtraBytes(content) + responsesExtraBytes(output),
    0,
  );
  return Buffer.byteLength(JSON.stringify(body)) + extra;
}

/** A thought of another provider, or one that only a store could complete. OpenAI rejects both. */
const isUnusable = (item: Item): boolean =>
  item.type === 'reasoning' &&
  (typeof item['encrypted_content'] !== 'string' || isForeignThought(item['encrypted_content']));

/** @throws {AppError} `invalid_input` */
function callersTools(body: ResponsesBody) {
  const { tools } = body;
  if (!tools) return { fields: {}, left: [] };
  const own = tools.filter(isCallersTool);
  const left = new Set(tools.filter((tool) => !isCallersTool(tool)).map(({ type }) => type));
  checkChoice(body, left);
  const fields = own.length > 0 ? { tools: own } : { tool_choice: undefined };
  return { fields, left: [...left].map((type) => `tools.${type}`) };
}

/** The request as OpenAI gets it: as the caller wrote it, without what would change its price, and never stored. */
export function nativeResponses(body: ResponsesBody): NativeRequest {
  const { stream: _stream, model: _model, service_tier: tier, tools: _tools, input, ...rest } = body;
  const { fields, left } = callersTools(body);
  const items = typeof input === 'string' ? input : input.filter((item) => !isUnusable(item));
  return {
    path: '/v1/responses',
    headers: {},
    body: { ...rest, input: items, ...fields, store: false, service_tier: checkedServiceTier(tier) },
    dropped: [...left, ...(items.length < input.length ? ['input.reasoning'] : [])],
    size: { inputBytes: responsesInputBytes(body), maxOutputTokens: body.max_output_tokens ?? undefined },
    events: responseEvents,
  };
}
