import type * as z from 'zod';

import type { AppError } from './errors.ts';

/** One fault of an input, by path and rule. */
export type Issue = { readonly path: string; readonly message: string };

/** A field's name as programs have them. Anything else may be a key that was pasted into the wrong place. */
const FIELD_NAME = /^[a-z]{1,15}(?:_[a-z]{1,15}){0,4}$|^[a-z]{1,15}(?:[A-Z][a-z]{0,14}){0,4}$/;

/** @param names of the caller: those that are clearly names of fields are quoted */
export function unknownFields(names: readonly unknown[]): string {
  const plain = names.filter((name): name is string => typeof name === 'string' && FIELD_NAME.test(name));
  const message = 'has an unknown field';
  return plain.length > 0 ? `${message}: ${plain.slice(0, 5).join(', ')}` : message;
}

const WRONG_TYPE = /^Invalid input: expected (\w+), received (\w+)$/;

/** The validator's own words about a type, as a sentence that continues the path of the field. */
function plainMessage(message: string): string {
  const [, expected, received] = WRONG_TYPE.exec(message) ?? [];
  if (expected === undefined) return message;
  if (received === 'undefined') return 'is missing';
  return `has the wrong type: ${expected} expected, ${received} received`;
}

/**
 * Validation issues by path and rule, never by value: the name of an unknown field or a failing value may be a
 * misplaced key.
 */
export function issuesOf(error: z.ZodError, root = ''): Issue[] {
  return error.issues.slice(0, 20).map((issue) => ({
    path: [root, ...issue.path].filter((part) => part !== '').join('.'),
    message: issue.code === 'unrecognized_keys' ? unknownFields(issue.keys) : plainMessage(issue.message),
  }));
}

const MAX_DETAIL = 2000;

/** The message with each wrong field and its fault: a model or a person reads this text and may see nothing else. */
export function problemDetail({ message, details }: AppError): string {
  const { issues = [] } = details;
  const faults = issues.map((issue) => `${issue.path} ${issue.message}`.trim()).join('; ');
  if (faults === '') return message;
  const detail = `${message.replace(/\.$/, '')}: ${faults}.`;
  return detail.length > MAX_DETAIL ? `${detail.slice(0, MAX_DETAIL).toWellFormed()}…` : detail;
}
