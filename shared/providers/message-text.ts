// Parts of messages, for dialects that keep them elsewhere.
import { refusedField } from './chat.ts';
import type { ChatMessage } from './chat-request.ts';

export const isSystem = ({ role }: ChatMessage) => role === 'system' || role === 'developer';

export const textOf = (content: ChatMessage['content']): string =>
  typeof content === 'string'
    ? content
    : (content ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');

/** A tool's arguments, where a dialect wants them as an object. @throws {AppError} `invalid_input`, quoting nothing */
export function objectIn(title: string, json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json === '' ? '{}' : json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // refused below, without the parser's words: they quote the text
  }
  throw refusedField(title, 'messages.tool_calls.function.arguments', 'must be a JSON object');
}
