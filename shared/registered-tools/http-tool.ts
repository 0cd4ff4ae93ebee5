// Calling one operation of an HTTP API.
import { hopHeaders } from '#shared/core/hops.ts';
import { createSecretMask } from '#shared/core/mask-secret.ts';
import type { Secret } from '#shared/core/secret.ts';
import { withMarks } from '#shared/core/visible-text.ts';
import type { EgressResponse } from '#shared/egress/egress.ts';
import type { HttpOperation, JsonSchema, RegisteredTool } from '#shared/tools/registered.ts';
import type { Done, ToolCall } from '#shared/tools/tool.ts';

import { assertSuccess, jsonIn, textIn } from './answer.ts';
import { buildHttpRequest } from './http-operation.ts';
import { type CallPorts, intentOf, shownAs, withKey } from './ports.ts';
import { checkedResult } from './result-check.ts';
import { reasonIn } from './upstream-reason.ts';

const MAX_BYTES = 512 * 1024;

/** Result schema for a response without a described schema: any status of success, any JSON or text. */
export const STATUS_AND_BODY: JsonSchema = {
  type: 'object',
  properties: { status: { type: 'integer' }, body: {} },
  required: ['status', 'body'],
  additionalProperties: false,
};

/** The schema of the result of an operation that answers with something else than an object. */
export const resultSchema = (schema: JsonSchema): JsonSchema => ({
  type: 'object',
  properties: { result: schema },
  required: ['result'],
  additionalProperties: false,
});

/** The body without the key. */
function bodyIn(response: EgressResponse, secret: Secret | undefined): unknown {
  const text = textIn(response.body);
  if (text.trim() === '') return null;
  const type = response.headers['content-type'] ?? '';
  const body = /^text\/(?!json)/i.test(type) ? withMarks(text) : jsonIn(text);
  return secret ? createSecretMask(secret).json(body) : body;
}

function mappedAnswer({ answer }: HttpOperation, status: number, body: unknown): unknown {
  if (answer === 'status_and_body') return { status, body };
  return answer === 'result' ? { result: body } : body;
}

/** Its ATTEMPT is durable already. */
export async function callHttp(
  {
    tool,
    operation,
    args,
  }: { tool: RegisteredTool; operation: HttpOperation; args: Record<string, unknown> },
  call: ToolCall,
  { egress, credentials, send }: CallPorts,
): Promise<Done<Record<string, unknown>>> {
  const { alias, definition } = tool;
  const { credential } = definition;
  const request = buildHttpRequest(operation, args);
  const chain = hopHeaders(call);
  const { deadline } = call;
  const where = { credential, alias, url: request.url };
  const ask = async (secret?: Secret) => {
    const remainingMs = deadline.remainingMs();
    const response = await egress.send(
      {
        ...request,
        headers: { ...request.headers, ...chain, ...(credential && secret && shownAs(credential, secret)) },
        signal: deadline.signal,
        deadlineMs: remainingMs,
      },
      { maxBytes: MAX_BYTES, headersMs: remainingMs },
    );
    assertSuccess(response, { alias, reason: reasonIn(response, secret && createSecretMask(secret)) });
    return mappedAnswer(operation, response.status, bodyIn(response, secret));
  };
  const result = await withKey(where, { ...call, credentials }, (secret) => send(() => ask(secret)));
  return { ...checkedResult(result, definition), meta: intentOf(tool) };
}
