// One JSON-RPC message, parsed within bounds before the protocol layer receives it.
import { AppError } from '#shared/core/errors.ts';
import { maskKeyShapes } from '#shared/core/key-shapes.ts';
import { parseJson } from '#shared/core/scan-json.ts';

export type McpMessage = { readonly method?: unknown; readonly params?: unknown; readonly id?: unknown };

/** Allows a chat of a thousand messages with a hundred tools. */
const BOUNDS = { depth: 32, nodes: 20_000 };

const REJECTIONS = {
  parse: [400, -32_700, 'Parse error: the body is not one bounded JSON value'],
  batch: [400, -32_600, 'Invalid request: batches are not supported, send one message'],
  method_not_allowed: [405, -32_000, 'Method not allowed: send one message with POST'],
  foreign: [403, -32_000, 'Forbidden: the Host or Origin header is not allowed'],
  header: [400, -32_020, 'Header mismatch: a header that must be unique is repeated'],
  query: [400, -32_600, 'Invalid request: query parameters are not supported'],
  media_type: [415, -32_000, 'Unsupported media type: send application/json'],
} as const;

/** Error response in the shape that MCP clients of all protocol revisions expect. */
export function rejection(kind: keyof typeof REJECTIONS, reason?: string): Response {
  const [status, code, text] = REJECTIONS[kind];
  const message = reason === undefined ? text : `${text}. ${reason}`;
  return Response.json(
    { jsonrpc: '2.0', error: { code, message }, id: null },
    { status, headers: kind === 'method_not_allowed' ? { allow: 'POST' } : {} },
  );
}

const maskedText = (value: unknown): unknown => (typeof value === 'string' ? maskKeyShapes(value) : value);

/** Masks keys in the names that errors of the protocol layer quote. Nothing offered here has a name in the form of a key. */
function withMaskedNames({ method, params, ...rest }: McpMessage): McpMessage {
  const message: Record<string, unknown> = { ...rest };
  if (method !== undefined) message['method'] = maskedText(method);
  if (params !== undefined) message['params'] = params;
  if (isRecord(params)) {
    const names = ['name', 'uri'].filter((field) => field in params);
    message['params'] = {
      ...params,
      ...Object.fromEntries(names.map((field) => [field, maskedText(params[field])])),
    };
  }
  return message;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function parseMessage(
  text: string | null,
  contentType: string | null,
): { message: McpMessage } | { rejected: Response } {
  if (!/^application\/json\s*(?:;|$)/i.test(contentType ?? '')) return { rejected: rejection('media_type') };
  try {
    const value = parseJson(text ?? '', BOUNDS);
    if (typeof value !== 'object' || value === null) return { rejected: rejection('parse') };
    return Array.isArray(value) ? { rejected: rejection('batch') } : { message: withMaskedNames(value) };
  } catch (error) {
    if (error instanceof AppError) return { rejected: rejection('parse', error.message) };
    throw error;
  }
}
