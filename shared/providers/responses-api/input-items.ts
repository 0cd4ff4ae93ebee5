// The items of a Responses request as the messages of a chat.
import type { Drop } from '#shared/providers/dropped-fields.ts';

import type { Item, Part, ResponsesBody } from './body.ts';
import { type Fields, textOrEmpty } from './envelope.ts';
import { unpackThoughts } from './thoughts.ts';

/** Names every field that has no counterpart. */
export function dropOthers(value: Fields, known: readonly string[], drop: (name: string) => void): void {
  for (const [name, field] of Object.entries(value)) {
    if (field !== null && field !== undefined && !known.includes(name)) drop(name);
  }
}

const textPart = (text: unknown): Fields[] => (text === '' ? [] : [{ type: 'text', text }]);

function imagePart(part: Part, drop: Drop): Fields[] {
  const { image_url: url, detail } = part;
  if (typeof url !== 'string') {
    drop('input.content.input_image');
    return [];
  }
  return [
    {
      type: 'image_url',
      image_url: { url, ...(typeof detail === 'string' && detail !== 'auto' && { detail }) },
    },
  ];
}

function filePart({ file_data, filename }: Part, drop: Drop): Fields[] {
  if (typeof file_data !== 'string') {
    drop('input.content.input_file');
    return [];
  }
  return [{ type: 'file', file: { filename: filename ?? 'document.pdf', file_data } }];
}

type ReadPart = (part: Part, drop: Drop) => Fields[];
const PARTS: Readonly<Record<string, readonly [read: ReadPart, known: readonly string[]]>> = {
  input_text: [({ text }) => textPart(text), ['text']],
  output_text: [({ text }) => textPart(text), ['text', 'annotations', 'logprobs']],
  text: [({ text }) => textPart(text), ['text']],
  refusal: [({ refusal }) => textPart(refusal), ['refusal']],
  input_image: [imagePart, ['image_url', 'detail']],
  input_file: [filePart, ['file_data', 'filename']],
  input_audio: [({ input_audio: audio }) => [{ type: 'input_audio', input_audio: audio }], ['input_audio']],
};

function toChatParts(content: unknown, drop: Drop): Fields[] {
  if (typeof content === 'string') return textPart(content);
  return ((content ?? []) as readonly Part[]).flatMap((part) => {
    const [read, known] = (Object.hasOwn(PARTS, part.type) ? PARTS[part.type] : undefined) ?? [];
    if (!read || !known) {
      drop(`input.content.${part.type}`);
      return [];
    }
    dropOthers(part, ['type', ...known], (name) => drop(`input.content.${name}`));
    return read(part, drop);
  });
}

/** Text alone is a string, which every server takes. */
const compactContent = (parts: readonly Fields[]): unknown =>
  parts.every(({ type }) => type === 'text') ? parts.map(({ text }) => text).join('\n\n') : parts;

type Assistant = { readonly said: Fields[]; readonly calls: Fields[]; thought: string; blocks: unknown[] };

const assistantMessage = ({ said, calls, thought, blocks }: Assistant): Fields => ({
  role: 'assistant',
  content: said.length > 0 || calls.length === 0 ? compactContent(said) : null,
  ...(thought !== '' && { reasoning_content: thought }),
  ...(blocks.length > 0 && { thinking_blocks: blocks }),
  ...(calls.length > 0 && { tool_calls: calls }),
});

const textsIn = (parts: unknown): string =>
  Array.isArray(parts) ? parts.map((part: Fields) => textOrEmpty(part['text'])).join('\n\n') : '';

/** Tools that the provider has run, by the type of the item that records their call. */
const CALL_TYPES: Readonly<Record<string, (item: Item) => string>> = {
  function_call: (item) => (typeof item['arguments'] === 'string' ? item['arguments'] : ''),
  custom_tool_call: (item) => JSON.stringify({ input: item['input'] }),
};
const OUTPUT_TYPES = new Set(['function_call_output', 'custom_tool_call_output']);

/** A result stands behind its call, also where the caller wrote something in between. */
function insertResult(messages: Fields[], id: unknown, content: unknown): void {
  const called = messages.findLastIndex(({ tool_calls: calls }) =>
    (calls as Fields[] | undefined)?.some((call) => call['id'] === id),
  );
  let at = called < 0 ? messages.length : called + 1;
  while (messages[at]?.['role'] === 'tool') at += 1;
  messages.splice(at, 0, { role: 'tool', tool_call_id: id, content });
}

/** One assistant message holds the thoughts, the text and the calls of a turn; the results follow it. */
function createMessages(drop: Drop) {
  const messages: Fields[] = [];
  let turn: Assistant | undefined;
  const openTurn = (): Assistant => (turn ??= { said: [], calls: [], thought: '', blocks: [] });
  const flush = () => {
    if (turn) messages.push(assistantMessage(turn));
    turn = undefined;
  };

  const known = (item: Item, names: readonly string[]) =>
    dropOthers(item, ['type', 'id', 'status', ...names], (name) => drop(`input.${name}`));

  function addMessage(item: Item): void {
    known(item, ['role', 'content']);
    const parts = toChatParts(item.content, drop);
    if (item.role === 'assistant') {
      if (turn && turn.said.length > 0 && turn.calls.length === 0) flush();
      openTurn().said.push(...parts);
      return;
    }
    flush();
    messages.push({ role: item.role, content: compactContent(parts) });
  }

  function addThought(item: Item): void {
    known(item, ['summary', 'content', 'encrypted_content']);
    const { encrypted_content: sealed, summary, content } = item;
    const blocks = unpackThoughts(sealed);
    const text = textsIn(content) || textsIn(summary);
    if (blocks.length === 0 && text === '') drop('input.reasoning');
    const open = openTurn();
    open.blocks.push(...blocks);
    open.thought += text;
  }

  function addCall(item: Item, args: string): void {
    known(item, ['call_id', 'name', 'arguments', 'input']);
    const { call_id: id, name } = item;
    openTurn().calls.push({ id, type: 'function', function: { name, arguments: args } });
  }

  return {
    add(item: Item): void {
      const type = item.type ?? 'message';
      const argumentsIn = Object.hasOwn(CALL_TYPES, type) ? CALL_TYPES[type] : undefined;
      if (type === 'message' && item.role) addMessage(item);
      else if (type === 'reasoning') addThought(item);
      else if (argumentsIn) addCall(item, argumentsIn(item));
      else if (OUTPUT_TYPES.has(type)) {
        known(item, ['call_id', 'output', 'name']);
        flush();
        insertResult(messages, item['call_id'], compactContent(toChatParts(item['output'], drop)));
      } else drop(`input.${type}`);
    },
    all(): Fields[] {
      flush();
      return messages;
    },
  };
}

export function toChatMessages({ instructions, input }: ResponsesBody, drop: Drop): Fields[] {
  const messages = createMessages(drop);
  if (instructions) messages.add({ role: 'system', content: instructions });
  const items: readonly Item[] = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
  for (const item of items) messages.add(item);
  return messages.all();
}
