// Results of calls in MCP form.
import { type CallToolResult, ProtocolError, ResourceNotFoundError } from '@modelcontextprotocol/server';

import { ERRORS } from '#shared/core/errors.ts';
import type { InvokeResult } from '#shared/tools/tool.ts';

/** Metadata key of machine-readable errors: an error in `structuredContent` would break clients that validate it. */
const ERROR_META = 'dev.portunus/error';
/** Metadata key: the response was replayed for the same idempotency key. */
const REPLAYED_META = 'dev.portunus/replayed';
/** Metadata key: how the call was served, if not in the default mode. */
const SERVED_META = 'dev.portunus/served';
/** Metadata key: cost of a provider call. */
const USAGE_META = 'dev.portunus/usage';

type Failure = Extract<InvokeResult, { ok: false }>;

function toProblem({ error: { code, message, details } }: Failure, requestId: string) {
  const next_step = details.next_step ?? ERRORS[code][2];
  return { code, detail: message, ...details, next_step, request_id: requestId };
}

/**
 * Failures are returned as results, so that a model can correct its call.
 * @param isStructured true if the tool has an output schema
 */
export function toolResult(
  answer: InvokeResult,
  { requestId, isStructured }: { requestId: string; isStructured: boolean },
): CallToolResult {
  const replayed = answer.replayed && { [REPLAYED_META]: true };
  if (!answer.ok) {
    const problem = toProblem(answer, requestId);
    return {
      isError: true,
      content: [{ type: 'text', text: `${problem.code}: ${problem.detail} ${problem.next_step}` }],
      _meta: { [ERROR_META]: problem, ...replayed },
    };
  }
  const { result, mode, reason, usage } = answer;
  const _meta = {
    ...(reason !== undefined && { [SERVED_META]: { mode, reason } }),
    ...(usage && { [USAGE_META]: usage }),
    ...replayed,
  };
  return {
    ...(isStructured
      ? { structuredContent: result, content: [{ type: 'text', text: JSON.stringify(result) }] }
      : { content: result['content'] as CallToolResult['content'] }),
    ...(Object.keys(_meta).length > 0 && { _meta }),
  };
}

/** Errors of a resource are JSON-RPC errors. The code is the HTTP status, because -32768 to -32000 are reserved. */
export function resourceError(failure: Failure, uri: string, requestId: string): ProtocolError {
  const { code, status } = failure.error;
  if (code === 'not_found' || code === 'invalid_input') return new ResourceNotFoundError(uri);
  return new ProtocolError(status, failure.error.message, toProblem(failure, requestId));
}
