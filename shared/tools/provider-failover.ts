// Failover of a call to another provider, where its owner allows it. Each provider is called by a call of its own, with its own admission,
// reservation, records and receipts; nothing is sent twice after a part of the answer was.
import { AppError, asAppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { FailedTarget, FailoverTarget } from '#shared/providers/failover-targets.ts';

import { afterAdmission } from './admission.ts';
import { observedSink } from './observed-sink.ts';
import type { Attempt, Done, InvokeResult, Tool, ToolCall } from './tool.ts';

type Arguments = Parameters<Tool['run']>[0];

/** Port. Empty unless the owner allowed it. */
export type FindFailoverTargets = (
  owner: OwnerId,
  failed: FailedTarget,
) => Promise<readonly FailoverTarget[]>;

const FAILURE =
  /^(?:upstream_(?:failed|unreachable|timeout|malformed|unavailable)|rate_limited|key_(?:rejected|expired|invalid))$/;
/** Time that another provider needs to be worth it. */
const MIN_LEFT_MS = 1000;

/** The provider that failed, if another one might serve the same call. */
function failedProvider({ code, details }: AppError): string | undefined {
  const { provider } = details;
  return FAILURE.test(code) && typeof provider === 'string' ? provider : undefined;
}

const attemptOf = ({ code, details: { provider } }: AppError): Attempt | undefined =>
  typeof provider === 'string' ? { provider, code } : undefined;

/** The error of a call with several steps names them: nothing is left that would answer. */
export function withAttempts(error: AppError, attempts: readonly Attempt[]): AppError {
  if (attempts.length === 0) return error;
  const last = attemptOf(error);
  const isNamed = attempts.some(({ provider, code }) => provider === last?.provider && code === last.code);
  const all = last && !isNamed ? [...attempts, last] : attempts;
  return new AppError(error.code, error.message, { ...error.details, mode: 'degraded', attempts: all });
}

type Again = { readonly parameters: unknown; readonly requestId: string; readonly sink: ToolCall['sink'] };

type Parts = {
  readonly tool: Tool;
  /** Called by a tool, or in place of another provider: it is not sent on. */
  readonly isNested: boolean;
  /** The same call with other arguments, as a call of its own. */
  readonly again: (change: Again) => Promise<InvokeResult>;
  readonly targets: FindFailoverTargets;
  /** Failed attempts of the whole call, in order. */
  readonly attempts: Attempt[];
};

/** The result of another provider, which its own call has charged. */
function doneBy({ result, usage }: Extract<InvokeResult, { ok: true }>, failure: AppError) {
  const served = { mode: 'failover', reason: failure.code } as const;
  return { output: result, served, failure, ...(usage && { usage }) };
}

async function failOver(
  { input, call }: { input: Arguments; call: ToolCall },
  failure: unknown,
  { tool, again, targets, attempts }: Parts,
): Promise<Done<Record<string, unknown>>> {
  const error = asAppError(failure);
  const failed = failedProvider(error);
  const { retarget } = tool;
  if (failed === undefined || !retarget) throw failure;
  const { sink, hasStreamed } = observedSink(call.sink);
  const found = await targets(call.principal.ownerId, { provider: failed, model: retarget.modelOf(input) });
  if (found.length > 0) attempts.push({ provider: failed, code: error.code });
  for (const [index, target] of found.entries()) {
    if (call.deadline.remainingMs() < MIN_LEFT_MS) break;
    call.onServed?.({ mode: 'failover', reason: error.code });
    const requestId = `${call.requestId}.f${index + 1}`;
    const answer = await again({ parameters: retarget.to(input, target), requestId, sink });
    attempts.push({ ...target, code: answer.ok ? 'answered' : answer.error.code });
    if (answer.ok) return doneBy(answer, error);
    if (hasStreamed()) throw answer.error;
  }
  throw failure;
}

/** The tool's `run` while its caller is being admitted, and after the failure of a provider the same call with another one. */
export const withFailover =
  (admission: () => Promise<void>, parts: Parts): Tool['run'] =>
  (input, call) => {
    const { tool, isNested } = parts;
    const { sink, hasStreamed } = observedSink(call.sink);
    return afterAdmission(
      admission(),
      () => tool.run(input, { ...call, sink }),
      (failure) => {
        if (isNested || hasStreamed()) throw failure;
        return failOver({ input, call }, failure, parts);
      },
    );
  };
