// A conversation as the Gemini API takes it: contents of parts, results named after their tools.
import * as z from 'zod';

import type {
  AssistantMessage,
  ChatMessage,
  ContentPart,
  FilePart,
  ToolCall,
} from '#shared/providers/chat-request.ts';
import { rejectedField } from '#shared/providers/chat.ts';
import type { Drop } from '#shared/providers/dropped-fields.ts';
import { contentText, messageParts, objectIn } from '#shared/providers/history.ts';

export type Part = Readonly<Record<string, unknown>>;
type Content = { readonly role: 'user' | 'model'; readonly parts: Part[] };

const TITLE = 'Google Gemini';
const DATA_URL = /^data:([^;]+);base64,(.*)$/s;
const MIME: Readonly<Record<string, string>> = { png: 'image/png', gif: 'image/gif', webp: 'image/webp' };

/** Gemini fetches public https addresses itself; nothing is fetched here. */
function imagePart(url: string): Part {
  const [, type = '', data] = DATA_URL.exec(url) ?? [];
  if (data) return { inlineData: { mimeType: type.toLowerCase(), data } };
  const [, ending = ''] = /\.(\w+)(?:[?#]|$)/.exec(new URL(url).pathname) ?? [];
  return { fileData: { fileUri: url, mimeType: MIME[ending.toLowerCase()] ?? 'image/jpeg' } };
}

function filePart({ file: { file_data, file_id } }: FilePart, drop: Drop): Part[] {
  const [, mimeType, data] = DATA_URL.exec(file_data ?? '') ?? [];
  if (data) return [{ inlineData: { mimeType, data } }];
  drop(file_id === undefined ? 'messages.content.file' : 'messages.content.file.file_id');
  return [];
}

function toGoogleParts(part: ContentPart, drop: Drop): Part[] {
  switch (part.type) {
    case 'text':
      return [{ text: part.text }];
    case 'image_url':
      return [imagePart(part.image_url.url)];
    case 'file':
      return filePart(part, drop);
    case 'input_audio':
      throw rejectedField(TITLE, 'messages.content.input_audio', 'is billed at a price that is not known');
    case 'other':
    default:
      drop(`messages.content.${part.type}`);
      return [];
  }
}

export const contentParts = (content: ChatMessage['content'], drop: Drop): Part[] =>
  messageParts(content).flatMap((part) => toGoogleParts(part, drop));

const Signed = z.object({ google: z.object({ thought_signature: z.string() }) });
/** Google's documented value for calls that another model made. */
const NO_SIGNATURE = 'skip_thought_signature_validator';

/** Models since Gemini 3 reject a turn of calls whose first one has no signature; older ones ignore it. */
export const wantsSignatures = (model: string): boolean => !/^gemini-[12]\b/.test(model);

function callParts(calls: readonly ToolCall[], wanted: boolean): Part[] {
  const parts = calls.map(({ function: { name, arguments: given }, extra_content }): Part => {
    const signed = Signed.safeParse(extra_content);
    const signature = signed.success ? { thoughtSignature: signed.data.google.thought_signature } : {};
    return { functionCall: { name, args: objectIn(given) }, ...signature };
  });
  const [first, ...others] = parts;
  return first && wanted ? [{ thoughtSignature: NO_SIGNATURE, ...first }, ...others] : parts;
}

type Context = { readonly model: string; readonly drop: Drop; readonly names: Map<string, string> };

/** @throws {AppError} `invalid_input` for a result without a call: Gemini names results after their tools */
function resultParts(message: Extract<ChatMessage, { role: 'tool' }>, { names, drop }: Context): Part[] {
  const own = typeof message['name'] === 'string' ? message['name'] : undefined;
  const name = names.get(message.tool_call_id) ?? own;
  if (!name) throw rejectedField(TITLE, 'messages.tool_call_id', 'must be that of a call before it');
  const others = contentParts(message.content, drop).filter((part) => part['text'] === undefined);
  return [{ functionResponse: { name, response: { result: contentText(message.content) } } }, ...others];
}

function assistantParts(message: AssistantMessage, { model, drop, names }: Context): Part[] {
  const calls = message.tool_calls ?? [];
  for (const call of calls) names.set(call.id, call.function.name);
  return [...contentParts(message.content, drop), ...callParts(calls, wantsSignatures(model))];
}

function toGoogleContent(message: ChatMessage, context: Context): Content {
  if (message.role === 'tool') return { role: 'user', parts: resultParts(message, context) };
  if (message.role === 'assistant') return { role: 'model', parts: assistantParts(message, context) };
  return { role: 'user', parts: contentParts(message.content, context.drop) };
}

const isResult = (part: Part) => 'functionResponse' in part;

/** Neighbouring contents of one role become one, results first. */
export function contentsOf(messages: readonly ChatMessage[], model: string, drop: Drop): Content[] {
  const context: Context = { model, drop, names: new Map() };
  const contents: Content[] = [];
  for (const message of messages) {
    const content = toGoogleContent(message, context);
    const last = contents.at(-1);
    if (last?.role === content.role) last.parts.push(...content.parts);
    else if (content.parts.length > 0) contents.push(content);
  }
  return contents.map(({ role, parts }) => ({
    role,
    parts: [...parts.filter(isResult), ...parts.filter((part) => !isResult(part))],
  }));
}
