// A conversation as Anthropic's Messages API takes it: turns alternate, results come first in theirs, no text is blank.
import type { AssistantMessage, ChatMessage, ContentPart, FilePart } from '#shared/providers/chat-request.ts';
import type { Drop } from '#shared/providers/dropped-fields.ts';
import { contentText, isText, messageParts, objectIn } from '#shared/providers/history.ts';

export type Block = Readonly<Record<string, unknown>>;
type Turn = { readonly role: 'user' | 'assistant'; readonly content: Block[] };

const DATA_URL = /^data:([^;]+);base64,(.*)$/s;

/** A cache entry that is kept for an hour costs more than the known price: the default of five minutes is requested. */
export function cacheControl(value: unknown, drop: Drop, path: string): Block {
  if (typeof value !== 'object' || value === null) return {};
  if ('ttl' in value && value.ttl !== '5m') drop(`${path}.ttl`);
  return { cache_control: { type: 'ephemeral' } };
}

function imageBlock(url: string): Block {
  const [, type = '', data] = DATA_URL.exec(url) ?? [];
  const source = data ? { type: 'base64', media_type: type.toLowerCase(), data } : { type: 'url', url };
  return { type: 'image', source };
}

function documentBlock({ file: { file_data, filename } }: FilePart, drop: Drop): Block | undefined {
  const [, type = '', data = ''] = DATA_URL.exec(file_data ?? '') ?? [];
  const title = filename === undefined ? {} : { title: filename };
  if (type === 'application/pdf')
    return { type: 'document', source: { type: 'base64', media_type: type, data }, ...title };
  if (type === 'text/plain') {
    const text = Buffer.from(data, 'base64').toString('utf8');
    return { type: 'document', source: { type: 'text', media_type: type, data: text }, ...title };
  }
  drop('messages.content.file');
  return undefined;
}

function toAnthropicBlock(part: ContentPart, drop: Drop): Block | undefined {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text };
    case 'image_url':
      return imageBlock(part.image_url.url);
    case 'file':
      return documentBlock(part, drop);
    case 'other':
    case 'input_audio':
    default:
      drop(`messages.content.${part.type}`);
      return undefined;
  }
}

export const toAnthropicBlocks = (content: ChatMessage['content'], drop: Drop): Block[] =>
  messageParts(content).flatMap((part) => {
    const block = toAnthropicBlock(part, drop);
    const cached = cacheControl(part['cache_control'], drop, 'messages.content.cache_control');
    return block ? [{ ...block, ...cached }] : [];
  });

/** Claude's own thoughts must come back unchanged and first. Those without a signature are other models' thoughts. */
const toThinkingBlocks = ({ thinking_blocks: blocks = [] }: AssistantMessage): Block[] =>
  blocks.filter(({ signature, data }) =>
    [signature, data].some((proof) => typeof proof === 'string' && proof !== ''),
  );

function assistantBlocks(message: AssistantMessage, drop: Drop): Block[] {
  const calls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: given } }) => ({
    type: 'tool_use',
    id,
    name,
    input: objectIn(given),
  }));
  return [...toThinkingBlocks(message), ...toAnthropicBlocks(message.content, drop), ...calls];
}

function toolResult(message: Extract<ChatMessage, { role: 'tool' }>, drop: Drop): Block {
  const { content } = message;
  const plain =
    typeof content === 'string' ||
    content.every((part) => isText(part) && part['cache_control'] === undefined);
  return {
    type: 'tool_result',
    tool_use_id: message.tool_call_id,
    content: plain ? contentText(content) : toAnthropicBlocks(content, drop),
    ...cacheControl(message['cache_control'], drop, 'messages.cache_control'),
  };
}

function toAnthropicTurn(message: ChatMessage, drop: Drop): Turn {
  if (message.role === 'tool') return { role: 'user', content: [toolResult(message, drop)] };
  if (message.role === 'assistant') return { role: 'assistant', content: assistantBlocks(message, drop) };
  const content = toAnthropicBlocks(message.content, drop);
  const cached = cacheControl(message['cache_control'], drop, 'messages.cache_control');
  const last = content.length - 1;
  return {
    role: 'user',
    content: content.map((block, at) => (at === last ? { ...block, ...cached } : block)),
  };
}

const isResult = ({ type }: Block) => type === 'tool_result';

/** The last turn of an assistant is continued, which must not start after a blank. */
function trimmed({ role, content }: Turn): Turn {
  const last = content.at(-1);
  if (role !== 'assistant' || last?.['type'] !== 'text') return { role, content };
  return { role, content: [...content.slice(0, -1), { ...last, text: String(last['text']).trimEnd() }] };
}

/** Neighbouring turns of one role become one. A conversation begins with the user. */
export function toAnthropicTurns(messages: readonly ChatMessage[], drop: Drop): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    const turn = toAnthropicTurn(message, drop);
    const last = turns.at(-1);
    if (last?.role === turn.role) last.content.push(...turn.content);
    else if (turn.content.length > 0) turns.push(turn);
  }
  const ordered = turns.map(({ role, content }) => ({
    role,
    content: [...content.filter(isResult), ...content.filter((block) => !isResult(block))],
  }));
  if (ordered[0]?.role === 'assistant') {
    ordered.unshift({ role: 'user', content: [{ type: 'text', text: '(The conversation continues.)' }] });
  }
  const end = ordered.pop();
  return end ? [...ordered, trimmed(end)] : [];
}
