// The one path of every tool call. REST and MCP are thin faces of it.
import type { Audit, AuditDraft } from '#shared/audit/audit.ts';
import type { Refuse } from '#shared/audit/refusals.ts';
import { type Principal, requireScope } from '#shared/auth/principal.ts';
import type { Deadline } from '#shared/core/deadline.ts';
import { AppError, resultOf } from '#shared/core/errors.ts';
import { issuesOf } from '#shared/core/issues.ts';
import { endOf, givingBack, type Kept, NO_TURN, type OpenTurn } from '#shared/idempotency/turn.ts';
import type { Completions, Intent } from '#shared/providers/completions.ts';
import type { Todos } from '#shared/todo/todo.ts';

import { type FindAlternatives, withAlternatives } from './alternatives.ts';
import { findTool } from './registry.ts';
import { keptFailure, keyOf, replayOf } from './retry.ts';
import type { StatusPorts } from './status.ts';
import type { Done, KeyReceipt, ServedBy, Tool } from './tool.ts';

export type Invocation = {
  readonly toolName: string;
  /** Where it was looked up already. */
  readonly tool?: Tool | undefined;
  readonly parameters: unknown;
  readonly principal: Principal;
  readonly requestId: string;
  readonly deadline: Deadline;
  /** What the caller named the request by, beside the arguments. */
  readonly key?: string | undefined;
};

/** A call that ended, and whose audit record is durable. `failure` is any error that is not a refusal of ours. */
export type InvokeResult = (
  | ({
      readonly ok: true;
      readonly result: Readonly<Record<string, unknown>>;
      readonly cached: false;
      /** Of the call that was served: an earlier one, if this is `replayed`. */
      readonly requestId: string;
    } & ServedBy)
  | { readonly ok: false; readonly error: AppError; readonly failure?: unknown }
) & { readonly replayed?: true };

export type Invoke = (invocation: Invocation) => Promise<InvokeResult>;

/** A name the caller made up is not recorded as it is. */
const targetOf = (tool: Tool | undefined) => tool?.name ?? 'unknown';

function inputOf(tool: Tool, parameters: unknown) {
  const parsed = tool.input.safeParse(parameters ?? {});
  if (parsed.success) return parsed.data;
  throw new AppError('invalid_input', `The arguments of ${tool.name} are not valid.`, {
    issues: issuesOf(parsed.error, 'parameters'),
  });
}

/** Our own tools are held to their output schema too: nothing but its fields leaves. */
function outputOf(tool: Tool, output: unknown): Record<string, unknown> {
  const parsed = tool.output.safeParse(output);
  if (!parsed.success) throw new Error(`${tool.name} returned a result that breaks its output schema.`);
  return parsed.data;
}

/** What is told of a tool's work, and what is recorded of it. */
function endedOf(tool: Tool, done: Done<unknown>) {
  const { mode, reason }: ServedBy = done.served ?? { mode: 'live' };
  return {
    served: { mode, ...(reason !== undefined && { reason }) },
    result: outputOf(tool, done.output),
    meta: { ...done.meta, ...(reason !== undefined && { outcome: mode, reason }) },
  };
}

type Ended = Pick<AuditDraft, 'result' | 'code' | 'meta'>;
type Called = Pick<Invocation, 'principal' | 'requestId'> & {
  readonly tool: Tool | undefined;
  readonly keys: readonly KeyReceipt[];
};

const draftOf = ({ tool, principal, requestId, keys }: Called, ended: Ended): AuditDraft => ({
  uid: principal.uid,
  category: 'api_call',
  act: 'tool.called',
  target: targetOf(tool),
  reqId: requestId,
  keys,
  ...ended,
});

type Ports = {
  audit: Audit;
  todos: Todos;
  completions: Completions;
  status: StatusPorts;
  /** @throws {AppError} `rate_limited` */
  admit: (principal: Principal, tool: string) => Promise<void>;
  /** Asked once the provider is known, before the ATTEMPT. @throws {AppError} `rate_limited` */
  admitProvider: (principal: Principal, provider: string, deadline: Deadline) => Promise<void>;
  openTurn: OpenTurn;
  alternatives: FindAlternatives;
  /** Records a call that did not succeed. */
  refuse: Refuse;
  /** A registered tool of this name that the caller may know of. */
  findRegistered: (principal: Principal, name: string) => Promise<Tool | undefined>;
  now: () => number;
};

export function createInvoke({
  audit,
  admit,
  admitProvider,
  openTurn,
  findRegistered,
  alternatives,
  refuse,
  ...ports
}: Ports): Invoke {
  return async ({ toolName, tool: found, parameters, principal, requestId, deadline, key: header }) => {
    let tool = found ?? findTool(toolName);
    const keys: KeyReceipt[] = [];
    const onUse = (key: KeyReceipt) => void keys.push(key);
    const draft = (rest: Ended): AuditDraft => draftOf({ tool, principal, requestId, keys }, rest);
    let turn = NO_TURN;

    // An ATTEMPT has its OUTCOME in the trail, each of them.
    let begun = false;
    const begin = async (intent: Intent) => {
      await admitProvider(principal, intent.provider, deadline);
      await audit.commit(draft({ result: 'attempted', meta: intent }), turn.claim());
      begun = true;
    };

    const replay = async (earlier: Kept): Promise<InvokeResult> => {
      await audit.commit({ ...draft({ result: 'succeeded' }), act: 'request.replayed' });
      return replayOf(earlier);
    };

    const call = async (): Promise<InvokeResult> => {
      requireScope(principal, 'tools:call');
      tool ??= await findRegistered(principal, toolName);
      if (!tool) throw new AppError('unknown_tool');
      if (tool.scope) requireScope(principal, tool.scope);
      const { key, given } = keyOf(tool, parameters, header);
      const input = inputOf(tool, given);
      await admit(principal, tool.name);
      const { uid } = principal;
      const { remainingMs } = deadline;
      if (key !== undefined) {
        turn = await openTurn({ uid, operation: tool.name, key, body: given ?? {}, requestId, remainingMs });
      }
      if (turn.earlier) return replay(turn.earlier);
      const done = await tool.run(input, { ...ports, principal, requestId, deadline, begin, onUse });
      const { served, result, meta } = endedOf(tool, done);
      const kept = turn.keep({ result, requestId, ...served });
      await audit.commit(draft({ result: 'succeeded', meta }), [...kept, ...(done.writes ?? [])]);
      return { ok: true, result, cached: false, requestId, ...served };
    };

    try {
      return await call();
    } catch (failure) {
      const { error, earlier } = await endOf(turn, failure);
      if (earlier) return replay(earlier);
      const outcome = draft({ result: resultOf(error), code: error.code });
      const record = begun ? audit.commit : refuse;
      await givingBack(turn, (writes) => record(outcome, writes), keptFailure(tool, error));
      const told = await withAlternatives(error, { tool, parameters, principal }, alternatives);
      return { ok: false, error: told, ...(failure !== error && { failure }) };
    }
  };
}
