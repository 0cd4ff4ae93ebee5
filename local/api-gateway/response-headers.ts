// Response headers: dropped, renamed or passed on as API Gateway does.
import type { ServerResponse } from 'node:http';

import * as z from 'zod';

import type { Call } from './api-call.ts';

/** Reserved by AWS: a function's value is sent as x-amzn-remapped-<name>. */
const REMAPPED = new Set([
  'authorization',
  'connection',
  'content-length',
  'content-md5',
  'date',
  'host',
  'max-forwards',
  'proxy-authenticate',
  'server',
  'upgrade',
  'user-agent',
  'via',
  'www-authenticate',
  'x-amzn-requestid',
]);
/** Not passed on. */
const DROPPED = new Set(['expect', 'keep-alive', 'te', 'trailer', 'transfer-encoding']);

const HeaderValue = z.union([z.string(), z.number(), z.boolean()]);

/** Headers in the response of a proxy integration. */
export const ProxyHeaders = z.object({
  headers: z.record(z.string(), HeaderValue).nullish(),
  multiValueHeaders: z.record(z.string(), z.array(HeaderValue)).nullish(),
});
export type ProxyHeaders = z.output<typeof ProxyHeaders>;

export function writeProxyHeaders(
  response: ServerResponse,
  { headers, multiValueHeaders }: ProxyHeaders,
): void {
  const multiple = new Set(Object.keys(multiValueHeaders ?? {}).map((name) => name.toLowerCase()));
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!multiple.has(name.toLowerCase())) write(response, name, [String(value)]);
  }
  for (const [name, values] of Object.entries(multiValueHeaders ?? {})) {
    write(response, name, values.map(String));
  }
  if (!response.hasHeader('content-type')) response.setHeader('Content-Type', 'application/json');
}

function write(response: ServerResponse, name: string, values: readonly string[]): void {
  const key = name.toLowerCase();
  if (DROPPED.has(key)) return;
  response.setHeader(REMAPPED.has(key) ? `x-amzn-remapped-${key}` : name, [...values]);
}

/** Headers that AWS adds to every response. */
export function identify(response: ServerResponse, call: Call): void {
  response.setHeader('x-amzn-RequestId', call.requestId);
  response.setHeader('x-amz-apigw-id', call.extendedRequestId);
}
