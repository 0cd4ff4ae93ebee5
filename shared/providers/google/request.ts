// A chat request as the Gemini API takes it.
import { type ChatRequest, type ChatTool, outputLimit } from '#shared/providers/chat-request.ts';
import type { Translated } from '#shared/providers/chat.ts';
import { type Drop, pathsIn, presentFields } from '#shared/providers/dropped-fields.ts';
import { CALL_ID, splitSystem, withCallIds } from '#shared/providers/history.ts';

import { contentParts, contentsOf, wantsSignatures } from './contents.ts';

/** Paths that have a counterpart, or whose effect this translation has anyway. Values may still be dropped below. */
const EXPRESSED = pathsIn(`
  max_tokens max_completion_tokens temperature top_p top_k stop seed tools tool_choice frequency_penalty
  presence_penalty response_format reasoning_effort messages.tool_calls messages.tool_call_id
  messages.tool_calls.extra_content messages.content.image_url messages.content.file
  messages.content.input_audio tools.function.description tools.function.parameters
  messages.tool_calls.index
`);

const MODES: Readonly<Record<string, string>> = { none: 'NONE', auto: 'AUTO', required: 'ANY', any: 'ANY' };

function choiceOf(choice: ChatRequest['tool_choice'], drop: Drop) {
  if (choice === undefined) return {};
  if (typeof choice === 'string') return { toolConfig: { functionCallingConfig: { mode: MODES[choice] } } };
  if (choice.type === 'function' && typeof choice.function === 'object') {
    const allowed = (choice as { function: { name: string } }).function.name;
    return { toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [allowed] } } };
  }
  drop('tool_choice');
  return {};
}

/** A function without parameters is declared without a schema: an empty object schema is rejected. */
function declaration({ function: given }: ChatTool) {
  if (!given) return [];
  const { name, description, parameters = {} } = given;
  const { $schema: _dialect, ...schema } = parameters;
  return [
    {
      name,
      description: description ?? '',
      ...(Object.keys(schema).length > 0 && { parametersJsonSchema: { type: 'object', ...schema } }),
    },
  ];
}

function formatOf({ response_format: format }: ChatRequest) {
  if (!format || format.type === 'text') return {};
  const schema = format.type === 'json_schema' ? format.json_schema.schema : undefined;
  return { responseMimeType: 'application/json', ...(schema && { responseJsonSchema: schema }) };
}

const LEVELS: Readonly<Record<string, string>> = {
  none: 'MINIMAL',
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  xhigh: 'HIGH',
  max: 'HIGH',
};
/** The budgets that Google's own OpenAI endpoint takes for these words. */
const BUDGETS: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};

function thinkingOf({ model, reasoning_effort: effort }: ChatRequest, drop: Drop) {
  if (effort === undefined) return {};
  if (!Object.hasOwn(LEVELS, effort) || /^gemini-(?:1|2\.0)/.test(model)) {
    drop('reasoning_effort');
    return {};
  }
  if (wantsSignatures(model)) {
    // Its larger models have no lower level than this.
    const level = /pro/.test(model) && LEVELS[effort] === 'MINIMAL' ? 'LOW' : LEVELS[effort];
    return { thinkingConfig: { thinkingLevel: level } };
  }
  const least = /pro/.test(model) ? 128 : 0;
  return { thinkingConfig: { thinkingBudget: Math.max(least, BUDGETS[effort] ?? 0) } };
}

export function translate(request: ChatRequest): Translated {
  const dropped = new Set([...presentFields(request)].filter((path) => !EXPRESSED.has(path)));
  const drop: Drop = (path) => void dropped.add(path);
  const { temperature, top_p, top_k, stop, seed, tools, frequency_penalty, presence_penalty } = request;
  const { system, turns } = splitSystem(request.messages);
  const declarations = tools?.flatMap(declaration) ?? [];
  const limit = outputLimit(request);
  const body = {
    ...(system.length > 0 && {
      systemInstruction: { parts: system.flatMap(({ content }) => contentParts(content, drop)) },
    }),
    contents: contentsOf(withCallIds(turns, CALL_ID), request.model, drop),
    ...(declarations.length > 0 && {
      tools: [{ functionDeclarations: declarations }],
      ...choiceOf(request.tool_choice, drop),
    }),
    generationConfig: {
      temperature,
      topP: top_p,
      topK: top_k,
      maxOutputTokens: limit,
      stopSequences: stop === undefined ? undefined : [stop].flat(),
      seed,
      frequencyPenalty: frequency_penalty,
      presencePenalty: presence_penalty,
      ...formatOf(request),
      ...thinkingOf(request, drop),
    },
  };
  return { body, dropped: [...dropped], maxOutputTokens: limit };
}
