// Leaves the fields of other dialects out of a chat request, wherever they stand. Everything else is kept.
import type { ChatMessage, ChatRequest, ChatTool, ContentPart } from './chat-request.ts';
import { presentFields } from './dropped-fields.ts';

/** @param foreign paths that the target rejects or misreads */
export function createForeignFilter(foreign: ReadonlySet<string>) {
  function without<T extends object>(value: T, prefix: string): T {
    const own = Object.entries(value).filter(([name]) => !foreign.has(`${prefix}${name}`));
    return Object.fromEntries(own) as T;
  }

  return {
    top: <T extends object>(value: T): T => without(value, ''),
    message: (message: ChatMessage): ChatMessage => {
      const { content } = message;
      const own = {
        ...without(message, 'messages.'),
        ...(Array.isArray(content) && {
          content: content.map((part: ContentPart) => without(part, 'messages.content.')),
        }),
      } as ChatMessage;
      if (own.role !== 'assistant' || !own.tool_calls) return own;
      return { ...own, tool_calls: own.tool_calls.map((call) => without(call, 'messages.tool_calls.')) };
    },
    tool: (tool: ChatTool): ChatTool => without(tool, 'tools.'),
    droppedOf: (request: ChatRequest): string[] =>
      [...presentFields(request)].filter((path) => foreign.has(path)),
  };
}
