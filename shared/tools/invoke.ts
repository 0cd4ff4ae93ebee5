// The one path of every tool call. REST and MCP are thin faces of it.
import type { Audit, AuditDraft } from '#shared/audit/audit.ts';
import { type Principal, requireScope } from '#shared/auth/principal.ts';
import type { Deadline } from '#shared/core/deadline.ts';
import { AppError, asAppError, resultOf } from '#shared/core/errors.ts';
import { issuesOf } from '#shared/core/issues.ts';
import type { Completions, Intent } from '#shared/providers/completions.ts';
import type { Todos } from '#shared/todo/todo.ts';

import { findTool } from './registry.ts';
import type { Done, KeyReceipt, ServedBy, Tool } from './tool.ts';

export type Invocation = {
  readonly toolName: string;
  /** Where it was looked up already. */
  readonly tool?: Tool | undefined;
  readonly parameters: unknown;
  readonly principal: Principal;
  readonly requestId: string;
  readonly deadline: Deadline;
};

/** A call that ended, and whose audit record is durable. `failure` is any error that is not a refusal of ours. */
export type InvokeResult =
  | ({
      readonly ok: true;
      readonly result: Readonly<Record<string, unknown>>;
      readonly cached: false;
    } & ServedBy)
  | { readonly ok: false; readonly error: AppError; readonly failure?: unknown };

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

export function createInvoke(ports: {
  audit: Audit;
  todos: Todos;
  completions: Completions;
  /** @throws {AppError} `rate_limited` */
  admit: (principal: Principal) => Promise<void>;
  /** A registered tool of this name that the caller may know of. */
  findRegistered: (principal: Principal, name: string) => Promise<Tool | undefined>;
  now: () => number;
}): Invoke {
  const { audit, todos, completions, admit, findRegistered, now } = ports;

  return async ({ toolName, tool: found, parameters, principal, requestId, deadline }) => {
    let tool = found ?? findTool(toolName);
    const keys: KeyReceipt[] = [];
    const onUse = (key: KeyReceipt) => void keys.push(key);
    const draft = (rest: Pick<AuditDraft, 'result' | 'code' | 'meta'>): AuditDraft => ({
      uid: principal.uid,
      category: 'api_call',
      act: 'tool.called',
      target: targetOf(tool),
      reqId: requestId,
      keys,
      ...rest,
    });

    const begin = (intent: Intent) => audit.commit(draft({ result: 'attempted', meta: intent }));

    const call = async (): Promise<{ done: Done<unknown>; result: Record<string, unknown> }> => {
      requireScope(principal, 'tools:call');
      tool ??= await findRegistered(principal, toolName);
      if (!tool) throw new AppError('unknown_tool');
      if (tool.scope) requireScope(principal, tool.scope);
      const input = inputOf(tool, parameters);
      await admit(principal);
      const at = { principal, requestId, deadline, now };
      const done = await tool.run(input, { ...at, todos, completions, begin, onUse });
      return { done, result: outputOf(tool, done.output) };
    };

    try {
      const { done, result } = await call();
      const { mode, reason }: ServedBy = done.served ?? { mode: 'live' };
      const meta = { ...done.meta, ...(reason !== undefined && { outcome: mode, reason }) };
      await audit.commit(draft({ result: 'succeeded', meta }), done.writes);
      return { ok: true, result, cached: false, mode, ...(reason !== undefined && { reason }) };
    } catch (failure) {
      const error = asAppError(failure);
      await audit.commit(draft({ result: resultOf(error), code: error.code }));
      return { ok: false, error, ...(failure !== error && { failure }) };
    }
  };
}
