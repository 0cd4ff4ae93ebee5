// One view of a chat request in any dialect: what the stand-in needs to answer it.
import type { Api } from './dialects.ts';
import { asList, asObject, asText, isObject, type Json } from './json.ts';

export type OfferedTool = { readonly name: string; readonly schema: unknown };

export type Conversation = {
  /** All text of the request: the measure of its prompt tokens. */
  readonly promptText: string;
  readonly lastUserText: string;
  /** The last message is a user's, not the result of a tool. */
  readonly isUserTurn: boolean;
  readonly tools: readonly OfferedTool[];
  /** A tool by name, `required` for any of them, `none`, or left to the model. */
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly name: string };
  /** Schema of the structured answer; `{ type: 'object' }` for JSON mode. */
  readonly answerSchema: unknown;
};

type Turn = { readonly role: string; readonly text: string; readonly isToolResult: boolean };

export function readConversation(api: Api, path: string, body: Json): Conversation {
  if (api === 'anthropic') return readAnthropic(body);
  if (api === 'google') return readGemini(body);
  return path.includes('/responses') ? readResponses(body) : readChat(body);
}

function textIn(content: unknown): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map(textIn).join('');
  const { text, content: inner } = asObject(content);
  return typeof text === 'string' ? text : inner === undefined ? '' : textIn(inner);
}

function summarise(turns: readonly Turn[]) {
  const last = turns.at(-1);
  const user = turns.findLast(({ role, isToolResult }) => role === 'user' && !isToolResult);
  return {
    promptText: turns.map(({ text }) => text).join(''),
    lastUserText: user?.text ?? '',
    isUserTurn: last?.role === 'user' && !last.isToolResult,
  };
}

function openAiChoice(choice: unknown): Conversation['toolChoice'] {
  if (choice === 'none' || choice === 'required') return choice;
  if (choice === 'any') return 'required'; // Mistral's name for it
  const named = asObject(choice);
  const name = asText(asObject(named.function).name) || asText(named.name);
  return name === '' ? 'auto' : { name };
}

function openAiAnswerSchema(format: Json): unknown {
  if (format.type === 'json_object') return { type: 'object' };
  if (format.type !== 'json_schema') return undefined;
  return asObject(format.json_schema).schema ?? format.schema;
}

function readChat(body: Json): Conversation {
  const turns = asList(body.messages)
    .map(asObject)
    .map(({ role, content }) => ({
      role: asText(role),
      text: textIn(content),
      isToolResult: role === 'tool',
    }));
  const functions = asList(body.tools).map((tool) => asObject(asObject(tool).function));
  return {
    ...summarise(turns),
    tools: functions.map(({ name, parameters }) => ({ name: asText(name), schema: parameters })),
    toolChoice: openAiChoice(body.tool_choice),
    answerSchema: openAiAnswerSchema(asObject(body.response_format)),
  };
}

function readResponses(body: Json): Conversation {
  const items = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : asList(body.input);
  const turns = items.map(asObject).map(({ type, role, content, output }) => ({
    role: asText(role),
    text: textIn(content ?? output),
    isToolResult: type === 'function_call_output',
  }));
  const functions = asList(body.tools)
    .map(asObject)
    .filter(({ type }) => type === 'function');
  return {
    ...summarise([{ role: 'system', text: asText(body.instructions), isToolResult: false }, ...turns]),
    tools: functions.map(({ name, parameters }) => ({ name: asText(name), schema: parameters })),
    toolChoice: openAiChoice(body.tool_choice),
    answerSchema: openAiAnswerSchema(asObject(asObject(body.text).format)),
  };
}

function readAnthropic(body: Json): Conversation {
  const turns = asList(body.messages)
    .map(asObject)
    .map(({ role, content }) => ({
      role: asText(role),
      text: textIn(content),
      isToolResult: asList(content).some((block) => asObject(block).type === 'tool_result'),
    }));
  const choice = asObject(body.tool_choice);
  const named = choice.type === 'tool' ? { name: asText(choice.name) } : undefined;
  const kinds: Readonly<Record<string, 'required' | 'none'>> = { any: 'required', none: 'none' };
  const format = asObject(asObject(body.output_config).format ?? body.output_format);
  return {
    ...summarise([{ role: 'system', text: textIn(body.system), isToolResult: false }, ...turns]),
    tools: asList(body.tools)
      .map(asObject)
      .filter(({ input_schema: schema }) => isObject(schema))
      .map(({ name, input_schema: schema }) => ({ name: asText(name), schema })),
    toolChoice: named ?? kinds[asText(choice.type)] ?? 'auto',
    answerSchema: format.type === 'json_schema' ? format.schema : undefined,
  };
}

function readGemini(body: Json): Conversation {
  const turns = asList(body.contents)
    .map(asObject)
    .map(({ role, parts }) => ({
      role: role === undefined ? 'user' : asText(role),
      text: textIn(parts),
      isToolResult: asList(parts).some((part) => isObject(asObject(part).functionResponse)),
    }));
  const declared = asList(body.tools).flatMap((tool) =>
    asList(asObject(tool).functionDeclarations).map(asObject),
  );
  const { mode, allowedFunctionNames: allowed } = asObject(asObject(body.toolConfig).functionCallingConfig);
  const [only] = asList(allowed);
  const kinds: Readonly<Record<string, 'required' | 'none'>> = { ANY: 'required', NONE: 'none' };
  const config = asObject(body.generationConfig);
  const json = config.responseMimeType === 'application/json' ? { type: 'object' } : undefined;
  return {
    ...summarise([
      { role: 'system', text: textIn(asObject(body.systemInstruction).parts), isToolResult: false },
      ...turns,
    ]),
    tools: declared.map(({ name, parameters, parametersJsonSchema }) => ({
      name: asText(name),
      schema: parametersJsonSchema ?? parameters,
    })),
    toolChoice: mode === 'ANY' && typeof only === 'string' ? { name: only } : (kinds[asText(mode)] ?? 'auto'),
    answerSchema: config.responseJsonSchema ?? config.responseSchema ?? json,
  };
}
