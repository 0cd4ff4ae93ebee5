// A conversation that may come from any provider, prepared for the one that it goes to.
import { createHash } from 'node:crypto';

import { AppError } from '#shared/core/errors.ts';

import type { ChatMessage, ContentPart, TextPart } from './chat-request.ts';
import { parseExact } from '#shared/core/exact-json.ts';

const isSystem = ({ role }: ChatMessage) => role === 'system' || role === 'developer';

export const isText = (part: ContentPart): part is TextPart => part.type === 'text';

/** Providers reject blank texts, and they say nothing. */
const isBlank = (part: ContentPart): boolean => isText(part) && part.text.trim() === '';

/** Content as parts, without the blank ones. */
export function messageParts(content: ChatMessage['content']): readonly ContentPart[] {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : (content ?? []);
  return parts.filter((part) => !isBlank(part));
}

export const contentText = (content: ChatMessage['content']): string =>
  typeof content === 'string'
    ? content
    : (content ?? []).map((part) => (isText(part) ? part.text : '')).join('');

/** Whether a message would be empty at a provider that takes no blank text. */
const saysNothing = (message: ChatMessage): boolean =>
  message.role !== 'tool' &&
  messageParts(message.content).length === 0 &&
  !(message.role === 'assistant' && (message.tool_calls ?? []).length > 0);

/**
 * The system's texts, and the conversation without empty messages. A conversation of system messages alone becomes a user's
 * turn: no provider answers to none.
 * @throws {AppError} `invalid_input` when nothing remains
 */
export function splitSystem(messages: readonly ChatMessage[]) {
  const spoken = messages.filter((message) => !saysNothing(message));
  const system = spoken.filter(isSystem);
  const turns = spoken.filter((message) => !isSystem(message));
  if (turns.length > 0) return { system, turns };
  if (system.length > 0) {
    return {
      system: [],
      turns: system.map(({ content }) => ({ role: 'user' as const, content: content ?? '' })),
    };
  }
  throw new AppError('invalid_input', 'The conversation has no text.', {
    issues: [{ path: 'messages', message: 'must have at least one message that is not empty' }],
  });
}

type IdFormat = { readonly pattern: RegExp; readonly make: (digest: string) => string };

/**
 * Gives every tool call an id that is valid for the target and unique in the conversation. A result keeps to the latest call
 * of its id. Ids that fit already stay; others are derived, so that the same conversation always gets the same ids.
 */
export function withCallIds(messages: readonly ChatMessage[], { pattern, make }: IdFormat): ChatMessage[] {
  const used = new Set<string>();
  const latest = new Map<string, string>();
  const fresh = (id: string): string => {
    let mapped = id;
    for (let round = 0; used.has(mapped) || !pattern.test(mapped); round += 1) {
      mapped = make(createHash('sha256').update(`${round} ${id}`).digest('hex'));
    }
    used.add(mapped);
    latest.set(id, mapped);
    return mapped;
  };
  return messages.map((message) => {
    if (message.role === 'assistant' && message.tool_calls) {
      return { ...message, tool_calls: message.tool_calls.map((call) => ({ ...call, id: fresh(call.id) })) };
    }
    if (message.role !== 'tool') return message;
    return { ...message, tool_call_id: latest.get(message.tool_call_id) ?? fresh(message.tool_call_id) };
  });
}

export const CALL_ID = {
  pattern: /^[A-Za-z0-9_-]{1,64}$/,
  make: (digest: string) => `call_${digest.slice(0, 24)}`,
};

/**
 * For APIs that take only text as a tool's result: its other parts follow as a user's message, after the last result of the
 * turn, since nothing may stand between a call and its results.
 */
export function withToolImagesApart(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const result: ChatMessage[] = [];
  let apart: ContentPart[] = [];
  const flush = () => {
    if (apart.length > 0) result.push({ role: 'user', content: apart });
    apart = [];
  };
  for (const message of messages) {
    if (message.role !== 'tool') flush();
    if (message.role === 'tool' && Array.isArray(message.content)) {
      const others = message.content.filter((part) => !isText(part));
      if (others.length > 0) {
        apart.push(
          { type: 'text', text: `The result of the tool call ${message.tool_call_id} includes:` },
          ...others,
        );
        const text = contentText(message.content);
        result.push({ ...message, content: text === '' ? 'The result follows in the next message.' : text });
        continue;
      }
    }
    result.push(message);
  }
  flush();
  return result;
}

/**
 * A tool's arguments as an object, for APIs that want one. Arguments that no longer parse, as those of a call that was cut,
 * stay readable for the model under one name.
 */
export function objectIn(json: string): Readonly<Record<string, unknown>> {
  try {
    const value = parseExact(json.trim() === '' ? '{}' : json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // kept as text below
  }
  return { arguments: json };
}
