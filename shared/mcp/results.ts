// Results of calls in MCP form.
import { type CallToolResult, ProtocolError, ResourceNotFoundError } from '@modelcontextprotocol/server';

import { type ErrorDetails, ERRORS } from '#shared/core/errors.ts';
import { problemDetail } from '#shared/core/issues.ts';
import type { InvokeResult } from '#shared/tools/tool.ts';

/** Metadata key of machine-readable errors: an error in `structuredContent` would break clients that validate it. */
const ERROR_META = 'dev.portunus/error';
/** Metadata key: the response was replayed for the same idempotency key. */
const REPLAYED_META = 'dev.portunus/replayed';
/** Metadata key: how the call was served, if not in the default mode. */
const SERVED_META = 'dev.portunus/served';
/** Metadata key: cost of a provider call. */
const USAGE_META = 'dev.portunus/usage';

/** Deviations of a result from what its source documents. */
const NOTES_META = 'dev.portunus/notes';
const noteText = (notes: readonly string[]): string =>
  `Note: the result deviates from its documented schema: ${notes.join('; ')}`;

type Failure = Extract<InvokeResult, { ok: false }>;

function toProblem({ error }: Failure, requestId: string) {
  const { code, details } = error;
  const next_step = details.next_step ?? ERRORS[code][2];
  return { code, detail: problemDetail(error), ...details, next_step, request_id: requestId };
}

/** Words of others are quoted and named as theirs: a model must not take them for ours. */
function quoted({ provider_message, upstream_message }: ErrorDetails): string {
  const said = upstream_message ?? provider_message;
  const who = upstream_message === undefined ? 'provider' : 'upstream';
  return typeof said === 'string' ? ` The ${who} says, in words of its own: ${JSON.stringify(said)}.` : '';
}

function servedMeta({ mode, reason, attempts, ageSeconds }: Extract<InvokeResult, { ok: true }>) {
  if (mode === 'live' && !attempts) return {};
  return { [SERVED_META]: { mode, reason, age_seconds: ageSeconds, attempts } };
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
      content: [
        { type: 'text', text: `${problem.code}: ${problem.detail}${quoted(problem)} ${problem.next_step}` },
      ],
      _meta: { [ERROR_META]: problem, ...replayed },
    };
  }
  const { result, usage, notes } = answer;
  const _meta = {
    ...servedMeta(answer),
    ...(usage && { [USAGE_META]: usage }),
    ...(notes && { [NOTES_META]: notes }),
    ...replayed,
  };
  const content: CallToolResult['content'] = isStructured
    ? [{ type: 'text', text: JSON.stringify(result) }]
    : (result['content'] as CallToolResult['content']);
  return {
    ...(isStructured && { structuredContent: result }),
    content: notes ? [...content, { type: 'text', text: noteText(notes) }] : content,
    ...(Object.keys(_meta).length > 0 && { _meta }),
  };
}

/** Errors of a resource are JSON-RPC errors. The code is the HTTP status, because -32768 to -32000 are reserved. */
export function resourceError(failure: Failure, uri: string, requestId: string): ProtocolError {
  const { code, status } = failure.error;
  if (code === 'not_found' || code === 'invalid_input') return new ResourceNotFoundError(uri);
  return new ProtocolError(status, failure.error.message, toProblem(failure, requestId));
}
