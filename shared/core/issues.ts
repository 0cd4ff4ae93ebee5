import type * as z from 'zod';

/**
 * What is wrong with an input, by path and rule, never by value: an unknown field's name and a failing value may be a
 * key pasted into the wrong place.
 */
export function issuesOf(error: z.ZodError, root = ''): { path: string; message: string }[] {
  return error.issues.slice(0, 20).map((issue) => ({
    path: [root, ...issue.path].filter((part) => part !== '').join('.'),
    message: issue.code === 'unrecognized_keys' ? 'has an unknown field' : issue.message,
  }));
}
