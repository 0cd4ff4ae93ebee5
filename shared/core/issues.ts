import type * as z from 'zod';

/**
 * Validation issues by path and rule, never by value: the name of an unknown field or a failing value may be a
 * misplaced key.
 */
export function issuesOf(error: z.ZodError, root = ''): { path: string; message: string }[] {
  return error.issues.slice(0, 20).map((issue) => ({
    path: [root, ...issue.path].filter((part) => part !== '').join('.'),
    message: issue.code === 'unrecognized_keys' ? 'has an unknown field' : issue.message,
  }));
}
