// Idempotency of tool calls: an argument of every tool that changes something or calls an outside service.
import { AppError, type ErrorDetails, ERRORS, type ErrorCode } from '#shared/core/errors.ts';
import { IdempotencyKey, type StoredResponse } from '#shared/idempotency/idempotent-request.ts';

import type { InvokeResult, ServedBy, Tool } from './tool.ts';

const ARGUMENT = 'idempotency_key';

/** A second read of the caller's own data costs nothing and changes nothing. */
const takesKey = ({ annotations }: Pick<Tool, 'annotations'>): boolean =>
  !annotations.readOnlyHint || annotations.openWorldHint;

type JsonSchema = Readonly<Record<string, unknown>>;

/** Argument schema as callers see it: the tool's own, and the key. */
export function withKey(tool: Pick<Tool, 'annotations'>, schema: JsonSchema): JsonSchema {
  if (!takesKey(tool)) return schema;
  const key = { type: 'string', description: 'Repeats return the first result' };
  return { ...schema, properties: { ...(schema['properties'] as object | undefined), [ARGUMENT]: key } };
}

const invalidKey = (message: string) =>
  new AppError('invalid_input', 'The idempotency key is not valid.', {
    issues: [{ path: `parameters.${ARGUMENT}`, message }],
  });

/**
 * The key of a call, and its arguments without it.
 * @param header the key that came beside the arguments
 * @throws {AppError} `invalid_input`
 */
export function idempotencyKeyIn(
  tool: Tool,
  parameters: unknown,
  header: string | undefined,
): { key: string | undefined; given: unknown } {
  if (!takesKey(tool) || typeof parameters !== 'object' || parameters === null) {
    return { key: takesKey(tool) ? header : undefined, given: parameters };
  }
  const { [ARGUMENT]: argument, ...given } = parameters as Record<string, unknown>;
  if (argument === undefined || argument === null) return { key: header, given };
  const key = IdempotencyKey.safeParse(argument);
  if (!key.success) throw invalidKey('must be 1 to 255 printable characters');
  if (header !== undefined && header !== key.data) throw invalidKey('must be the Idempotency-Key header');
  return { key: key.data, given };
}

/** A stored response. */
export function replayOf({ error, ...stored }: StoredResponse): InvokeResult {
  if (error !== undefined) {
    const { code, message, details } = error as { code: ErrorCode; message: string; details: ErrorDetails };
    return { ok: false, error: new AppError(code, message, details), replayed: true };
  }
  const served = stored as ServedBy & { result: Readonly<Record<string, unknown>>; requestId: string };
  return { ok: true, cached: false, ...served, replayed: true };
}

/**
 * Response of a failed call that may have changed something outside: the failure is stored, since a second execution might
 * repeat its effect. Any other failed call may be repeated with its key.
 */
export function storedFailure(tool: Tool | undefined, error: AppError): StoredResponse | undefined {
  if (!tool || tool.annotations.readOnlyHint || tool.annotations.idempotentHint) return undefined;
  const [status] = ERRORS[error.code];
  const mayHaveRun = error.code === 'tool_failed' || (status >= 500 && status !== 503);
  if (!mayHaveRun) return undefined;
  const { code, message, details } = error;
  return { error: { code, message, details } };
}
