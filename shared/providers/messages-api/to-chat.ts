// A request in Anthropic's Messages API as a chat request.
import type { Drop } from '#shared/providers/dropped-fields.ts';
import { createTranslation } from '#shared/providers/translated-chat.ts';

import type { Block, Content, MessagesBody, Tool } from './body.ts';

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const fields = (value: unknown): Fields => (isObject(value) ? value : {});
const blocksOf = (content: Content): readonly Block[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;

/** Names every field of a block that has no counterpart. */
function dropOthers(block: Block, known: readonly string[], drop: Drop): void {
  for (const [name, value] of Object.entries(block)) {
    if (value !== null && !known.includes(name)) drop(`messages.content.${name}`);
  }
}

function imagePart(block: Block, drop: Drop): Fields[] {
  dropOthers(block, ['type', 'source'], drop);
  const source = fields(block['source']);
  if (source['type'] === 'url') return [{ type: 'image_url', image_url: { url: source['url'] } }];
  if (source['type'] === 'base64') {
    const url = `data:${String(source['media_type'])};base64,${String(source['data'])}`;
    return [{ type: 'image_url', image_url: { url } }];
  }
  drop('messages.content.image');
  return [];
}

function documentPart(block: Block, drop: Drop): Fields[] {
  dropOthers(block, ['type', 'source', 'title'], drop);
  const { type, media_type: media, data } = fields(block['source']);
  if (type === 'text') return [{ type: 'text', text: String(data) }];
  if (type !== 'base64') {
    drop('messages.content.document');
    return [];
  }
  const filename = typeof block['title'] === 'string' ? block['title'] : 'document.pdf';
  return [{ type: 'file', file: { filename, file_data: `data:${String(media)};base64,${String(data)}` } }];
}

function toChatParts(content: Content, drop: Drop): Fields[] {
  return blocksOf(content).flatMap((block) => {
    switch (block.type) {
      case 'text':
        dropOthers(block, ['type', 'text'], drop);
        return block['text'] === '' ? [] : [{ type: 'text', text: block['text'] }];
      case 'image':
        return imagePart(block, drop);
      case 'document':
        return documentPart(block, drop);
      default:
        drop(`messages.content.${block.type}`);
        return [];
    }
  });
}

const textOnly = (parts: readonly Fields[]) => parts.every(({ type }) => type === 'text');
/** Text alone is a string, which every server takes. */
const compactContent = (parts: readonly Fields[]): unknown =>
  textOnly(parts) ? parts.map(({ text }) => text).join('\n\n') : parts;

function toToolMessage(block: Block, drop: Drop): Fields {
  dropOthers(block, ['type', 'tool_use_id', 'content', 'is_error'], drop);
  const { content } = block;
  const parts =
    typeof content === 'string' || Array.isArray(content) ? toChatParts(content as Content, drop) : [];
  const marked = block['is_error'] === true ? [{ type: 'text', text: 'Error:' }, ...parts] : parts;
  return { role: 'tool', tool_call_id: block['tool_use_id'], content: compactContent(marked) };
}

function userMessages(content: Content, drop: Drop): Fields[] {
  const blocks = blocksOf(content);
  const results = blocks
    .filter(({ type }) => type === 'tool_result')
    .map((block) => toToolMessage(block, drop));
  const rest = toChatParts(
    blocks.filter(({ type }) => type !== 'tool_result'),
    drop,
  );
  return rest.length > 0 || results.length === 0
    ? [...results, { role: 'user', content: compactContent(rest) }]
    : results;
}

function assistantMessage(content: Content, drop: Drop): Fields {
  const blocks = blocksOf(content);
  const calls = blocks.filter(({ type }) => type === 'tool_use');
  const said = toChatParts(
    blocks.filter(({ type }) => type !== 'tool_use'),
    drop,
  );
  return {
    role: 'assistant',
    content: said.length > 0 || calls.length === 0 ? compactContent(said) : null,
    ...(calls.length > 0 && {
      tool_calls: calls.map((block) => {
        dropOthers(block, ['type', 'id', 'name', 'input'], drop);
        const given = JSON.stringify(block['input'] ?? {});
        return { id: block['id'], type: 'function', function: { name: block['name'], arguments: given } };
      }),
    }),
  };
}

function toChatTool({ type, name, description, input_schema, strict, ...rest }: Tool, drop: Drop): Fields[] {
  if (type && type !== 'custom') {
    drop(`tools.${type}`); // runs at Anthropic
    return [];
  }
  for (const field of Object.keys(rest)) drop(`tools.${field}`);
  return [{ type: 'function', function: { name, description, parameters: input_schema, strict } }];
}

function toChatToolChoice({ type, name, disable_parallel_tool_use: single }: Fields): Fields {
  const choices: Fields = {
    auto: 'auto',
    any: 'required',
    none: 'none',
    tool: { type: 'function', function: { name } },
  };
  return { tool_choice: choices[String(type)], ...(single === true && { parallel_tool_calls: false }) };
}

function outputOf({ effort, format, ...rest }: Fields, drop: Drop): Fields {
  for (const field of Object.keys(rest)) drop(`output_config.${field}`);
  const { type, schema } = fields(format);
  return {
    ...(typeof effort === 'string' && { reasoning_effort: effort }),
    ...(type === 'json_schema' && {
      response_format: { type: 'json_schema', json_schema: { name: 'response', schema, strict: true } },
    }),
  };
}

/** Same name and meaning in both. */
const SAME = ['max_tokens', 'temperature', 'top_p', 'top_k'];
/** Translated below, or without an effect on the answer. */
const TRANSLATED = new Set([
  ...SAME,
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'stop_sequences',
  'stream',
  'metadata',
  'output_config',
]);

function dropUnknown(given: Fields, drop: Drop): void {
  for (const [name, value] of Object.entries(given)) {
    const isNone = name === 'thinking' && fields(value)['type'] === 'disabled';
    if (value !== null && !isNone && !TRANSLATED.has(name)) drop(name);
  }
}

function toChatMessages({ system, messages }: MessagesBody, drop: Drop): Fields[] {
  const first = system ? toChatParts(system, drop) : [];
  const rest = messages.flatMap(({ role, content }): Fields[] => {
    if (role === 'user') return userMessages(content, drop);
    if (role === 'system') return [{ role, content: compactContent(toChatParts(content, drop)) }];
    return [assistantMessage(content, drop)];
  });
  return [...(first.length > 0 ? [{ role: 'system', content: compactContent(first) }] : []), ...rest];
}

function toChatTools({ tools, tool_choice: choice }: MessagesBody, drop: Drop): Fields {
  const own = (tools ?? []).flatMap((tool) => toChatTool(tool, drop));
  if (own.length === 0) return {};
  return { tools: own, ...(isObject(choice) && toChatToolChoice(choice)) };
}

function toChatOptions(given: Fields, drop: Drop): Fields {
  const user = fields(given['metadata'])['user_id'];
  const same = SAME.flatMap((name) => (given[name] == null ? [] : [[name, given[name]] as const]));
  return {
    ...Object.fromEntries(same),
    ...(Array.isArray(given['stop_sequences']) && { stop: given['stop_sequences'] as unknown }),
    ...(typeof user === 'string' && { user }),
    ...outputOf(fields(given['output_config']), drop),
  };
}

/** @throws {AppError} `invalid_input` */
export const chatOfMessages = createTranslation<MessagesBody>({
  dropUnknown,
  toChatMessages,
  toChatTools,
  toChatOptions,
});
