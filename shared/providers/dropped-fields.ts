// The fields of a chat request by their paths, so that those which a provider cannot express are named instead of lost.
import { AppError } from '#shared/core/errors.ts';
import { maskKeyShapes } from '#shared/core/key-shapes.ts';

import type { ChatMessage, ChatRequest, ContentPart } from './chat-request.ts';

/** Names every field below `path` but one whose value is absent. */
function* fieldsIn(value: object, path: string, skip: readonly string[] = []): Generator<string> {
  for (const [name, field] of Object.entries(value)) {
    if (field !== undefined && !skip.includes(name)) yield path === '' ? name : `${path}.${name}`;
  }
}

function* partFields(part: ContentPart): Generator<string> {
  yield* fieldsIn(part, 'messages.content', ['type', 'text']);
  if (part.type === 'text' || !(part.type in part)) {
    if (part.type !== 'text') yield `messages.content.${part.type}`;
    return;
  }
  const inner = part[part.type];
  if (typeof inner === 'object' && inner !== null) {
    yield* fieldsIn(inner, `messages.content.${part.type}`, ['url', 'data', 'format', 'file_data']);
  }
}

function* messageFields(message: ChatMessage): Generator<string> {
  yield* fieldsIn(message, 'messages', ['role', 'content']);
  if (Array.isArray(message.content)) for (const part of message.content) yield* partFields(part);
  if (message.role !== 'assistant') return;
  for (const call of message.tool_calls ?? []) {
    yield* fieldsIn(call, 'messages.tool_calls', ['id', 'type', 'index', 'function']);
    yield* fieldsIn(call.function, 'messages.tool_calls.function', ['name', 'arguments']);
  }
}

/** Each path once, list positions left out. */
export function presentFields(request: ChatRequest): ReadonlySet<string> {
  const { model: _model, messages, extra = {}, ...rest } = request;
  const fields = new Set([...fieldsIn(rest, ''), ...fieldsIn(extra, '')]);
  for (const message of messages) for (const field of messageFields(message)) fields.add(field);
  for (const tool of request.tools ?? []) {
    for (const field of fieldsIn(tool, 'tools', ['type', 'function'])) fields.add(field);
    if (tool.function)
      for (const field of fieldsIn(tool.function, 'tools.function', ['name'])) fields.add(field);
    else fields.add(`tools.${tool.type}`);
  }
  return fields;
}

/** A set of paths, written as words. */
export const pathsIn = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Collects the fields that a translation leaves out. */
export type Drop = (path: string) => void;

/** Every part of a path is too short for a key that was pasted into the wrong place. */
const SAFE = /^[A-Za-z_]\w{0,23}(?:\.[A-Za-z_]\w{0,23}){0,5}$/;
const MAX_NAMES = 30;
const isPlain = (path: string) => SAFE.test(path) && maskKeyShapes(path) === path;

/** Names fit for a response header: those of a caller's making are bounded, and only plain characters pass. */
export const headerNames = (paths: Iterable<string>): string[] => {
  const names = [...new Set(paths)].map((path) => (isPlain(path) ? path : 'a field without a plain name'));
  return [...new Set(names)].toSorted().slice(0, MAX_NAMES);
};

/**
 * Strict mode (`x-portunus-strict`): rejects a request with fields that the provider cannot express.
 * @throws {AppError} `invalid_input` naming the fields that would be dropped
 */
export function requireNothingDropped(title: string, dropped: readonly string[]): void {
  if (dropped.length === 0) return;
  throw new AppError('invalid_input', `${title} cannot express ${dropped.join(', ')}.`, {
    issues: dropped.map((path) => ({ path, message: `is not supported by ${title}` })),
    next_step: 'Leave these fields out, choose another provider, or send no x-portunus-strict header.',
  });
}
