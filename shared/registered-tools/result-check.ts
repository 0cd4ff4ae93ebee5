// A result held to the schema that its source documents: what deviates is noted, and lost only where the registrant says so.
import { MalformedAnswer } from '#shared/core/errors.ts';
import type { Definition } from '#shared/tools/registered.ts';

import { validatorOf } from './validator.ts';

const MAX_NOTE = 300;

type Result = Record<string, unknown>;
export type Checked = { readonly output: Result; readonly notes?: readonly string[] };

const isObject = (value: unknown): value is Result =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names in it are the upstream's: on one line, without characters that hide or reorder it. */
const noteOf = (path: string, message: string): string =>
  `${path === '' ? 'The result' : path} ${message}`
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .slice(0, MAX_NOTE)
    .toWellFormed();

/**
 * The result as it is returned. One that is no object is put into one: results are objects.
 * @throws {AppError} `upstream_malformed` with a masked sample, where the registrant wants results `validated`
 */
export function checkedResult(
  result: unknown,
  { outputSchema, results }: Pick<Definition, 'outputSchema' | 'results'>,
): Checked {
  const output = isObject(result) ? result : { result: result ?? null };
  if (results === 'as_is') return { output };
  const issues = isObject(result)
    ? outputSchema
      ? validatorOf(outputSchema)(result)
      : []
    : [{ path: '', message: 'is no object, as documented' }];
  if (issues.length === 0) return { output };
  if (results === 'validated') throw new MalformedAnswer(JSON.stringify(result) ?? '');
  return { output, notes: issues.map(({ path, message }) => noteOf(path, message)) };
}
