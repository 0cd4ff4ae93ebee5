// The one path of every tool call. REST and MCP are thin faces of it.
import type { Audit, AuditDraft } from '#shared/audit/audit.ts';
import type { RecordRejection } from '#shared/audit/rejections.ts';
import { type Principal, requireModel, requireScope, requireTool } from '#shared/auth/principal.ts';
import type { CacheMode } from '#shared/cache/policy.ts';
import type { Deadline } from '#shared/core/deadline.ts';
import { AppError, recordedResult } from '#shared/core/errors.ts';
import { issuesOf } from '#shared/core/issues.ts';
import { lazy } from '#shared/core/lazy.ts';
import type { Write } from '#shared/core/write.ts';
import {
  failedOrSuperseded,
  recordAndRelease,
  type StoredResponse,
  type IdempotentRequest,
  NOT_IDEMPOTENT,
  type RequestIdentity,
  type BeginIdempotentRequest,
} from '#shared/idempotency/idempotent-request.ts';
import type { Caller } from '#shared/limits/plans.ts';
import type { Account } from '#shared/limits/spending.ts';
import type { Completions } from '#shared/providers/completions.ts';
import type { Intent } from '#shared/providers/completion-call.ts';
import type { Todos } from '#shared/todo/todo.ts';

import { readsFirst } from './admission.ts';
import { type FindAlternatives, withAlternatives } from './alternatives.ts';
import { type LookUpResponse, wantsCache } from './cache-choice.ts';
import { throughCache } from './cached-run.ts';
import { coerced } from './coerce.ts';
import { endingOf, recordsOf, requireReturnable, servedBy } from './ending.ts';
import { idempotencyKeyIn, replayOf, storedFailure } from './idempotent-call.ts';
import type { StatusPorts } from './builtin/status-ports.ts';
import { type FindFailoverTargets, withAttempts, withFailover } from './provider-failover.ts';
import type { Attempt, CallMeta, Done, InvokeResult, KeyReceipt, Tool, ToolCall } from './tool.ts';

export type Invocation = {
  readonly toolName: string;
  /** The tool, if it was looked up already. */
  readonly tool?: Tool | undefined;
  readonly parameters: unknown;
  readonly principal: Principal;
  readonly requestId: string;
  readonly deadline: Deadline;
  /** The Idempotency-Key header; the argument of a tool has the same meaning. */
  readonly idempotencyKey?: string | undefined;
  /** Its route requires a scope of its own, instead of `tools:call`, and its arguments hold no idempotency key. */
  readonly scoped?: true;
  /** The caller's choice of how the cache serves this call; the argument of a tool has the same meaning. */
  readonly cacheMode?: CacheMode | undefined;
  /** Made by a tool on its caller's behalf. */
  readonly nested?: true;
  readonly sink?: ToolCall['sink'];
  readonly progress?: ToolCall['progress'];
  readonly translation?: ToolCall['translation'];
  readonly onServed?: ToolCall['onServed'];
  /** Whether the route can return this result. Absent: any, as of routes that stream. */
  readonly canReturn?: ((result: Readonly<Record<string, unknown>>) => boolean) | undefined;
  /** Gateways between the caller and us; absent: none. */
  readonly hops?: number | undefined;
};

export type Invoke = (invocation: Invocation) => Promise<InvokeResult>;

/** A name the caller made up is not recorded as it is. */
const targetOf = (tool: Tool | undefined) => tool?.name ?? 'unknown';

/** Text is read as the value that it spells only where the arguments are not valid as they are. */
async function inputOf(tool: Tool, parameters: unknown) {
  const given = parameters ?? {};
  const first = tool.input.safeParse(given);
  if (first.success) return first.data;
  const schema = tool.schemas?.input ?? (await import('./built-in-inputs.ts')).BUILT_IN_INPUTS[tool.name];
  const parsed = schema ? tool.input.safeParse(coerced(given, schema)) : first;
  if (parsed.success) return parsed.data;
  throw new AppError('invalid_input', `The arguments of ${tool.name} are not valid.`, {
    issues: issuesOf(parsed.error, 'parameters'),
  });
}

/** Our own tools are held to their output schema too: nothing but its fields leaves. */
function outputOf(tool: Tool, done: Done<unknown>, { canReturn }: Invocation): Record<string, unknown> {
  const parsed = tool.output.safeParse(done.output);
  if (!parsed.success) throw new Error(`${tool.name} returned a result that breaks its output schema.`);
  requireReturnable(done, parsed.data, canReturn);
  return parsed.data;
}

/** Numbers the calls within a call: in their request ids and in their idempotency keys. */
function othersOf(
  invoke: Invoke,
  { requestId, idempotencyKey: key, ...of }: Omit<Invocation, 'toolName' | 'parameters'>,
  admission: () => Promise<void>,
) {
  let count = 0;
  const also: ToolCall['also'] = async (toolName, parameters) => {
    await admission();
    count += 1;
    const own = {
      requestId: `${requestId}.${count}`,
      ...(key !== undefined && { idempotencyKey: `${key}.${count}` }),
    };
    return invoke({ ...of, ...own, toolName, parameters, nested: true });
  };
  return also;
}

type Ports = {
  audit: Audit;
  todos: Todos;
  completions: Completions;
  status: StatusPorts;
  /** @throws {AppError} `rate_limited` */
  admit: (principal: Principal, tool: string) => Promise<void>;
  /** Called once the provider is known, before the ATTEMPT. @throws {AppError} `rate_limited` */
  admitProvider: (principal: Principal, provider: string, deadline: Deadline) => Promise<void>;
  /** Quotas and money of a call that goes outside. */
  account: (caller: Caller) => Account<CallMeta>;
  beginIdempotentRequest: BeginIdempotentRequest;
  lookUpResponse: LookUpResponse;
  alternatives: FindAlternatives;
  failoverTargets: FindFailoverTargets;
  /** Records a call that did not succeed. */
  recordRejection: RecordRejection;
  /** A built-in tool; none for routes that pass their tool. */
  findBuiltIn: (name: string) => Promise<Tool | undefined>;
  /** A registered tool of this name that the caller may know of. */
  findRegistered: (principal: Principal, name: string) => Promise<Tool | undefined>;
  now: () => number;
};

/** Builds the audit drafts of one call, all with its caller. The tool is passed later: it may not be looked up yet. */
const draftsOf =
  ({ principal, requestId }: Invocation, keys: readonly KeyReceipt[]) =>
  (tool: Tool | undefined, rest: Pick<AuditDraft, 'result' | 'code' | 'meta'>): AuditDraft => ({
    ownerId: principal.ownerId,
    category: 'api_call',
    act: 'tool.called',
    target: targetOf(tool),
    requestId,
    keys,
    ...rest,
  });

/** The tool, if the caller may call it. */
async function allowedTool(
  { toolName, tool, principal, scoped, nested }: Invocation,
  findRegistered: Ports['findRegistered'],
): Promise<Tool> {
  if (!scoped) requireScope(principal, 'tools:call');
  if (!nested) requireTool(principal, scoped ? '/v1' : toolName);
  const found = tool ?? (await findRegistered(principal, toolName));
  if (!found) throw new AppError('unknown_tool');
  if (found.scope) requireScope(principal, found.scope);
  return found;
}

/** The arguments, and the idempotency key. A route with a scope of its own takes it from its header alone. */
const givenTo = (tool: Tool, { parameters, idempotencyKey: key, scoped }: Invocation) =>
  scoped ? { given: parameters, key } : idempotencyKeyIn(tool, parameters, key);

/** The caller as limits and budgets know it. */
const callerOf = ({ principal, requestId, deadline }: Invocation): Caller => ({
  ownerId: principal.ownerId,
  roles: principal.roles,
  ...(principal.budget && { token: { ...principal.budget, id: principal.sessionId } }),
  requestId,
  deadline,
});

/** The caller's side of a call while it runs. */
const listeners = ({ sink, progress, translation, onServed }: Invocation) => ({
  sink,
  progress,
  translation,
  onServed,
});

const identityOf = (
  { principal: { ownerId }, requestId, deadline: { remainingMs } }: Invocation,
  operation: string,
  request: { readonly key: string; readonly body: unknown },
): RequestIdentity => ({ ownerId, operation, requestId, remainingMs, ...request });

const attempted = ({ provider, model }: Intent) =>
  ({ result: 'attempted', meta: { provider, model } }) as const;

type Ended = {
  readonly tool: Tool;
  readonly done: Done<unknown>;
  readonly idempotent: IdempotentRequest;
  readonly draft: ReturnType<typeof draftsOf>;
  readonly end: ReturnType<typeof recordsOf>['end'];
  readonly attempts: readonly Attempt[];
};

/** Commits the record of a call whose tool has ended, with the writes of the tool and the response. */
async function conclude(
  invocation: Invocation,
  { tool, done, idempotent, draft, end, attempts }: Ended,
): Promise<InvokeResult> {
  const { requestId } = invocation;
  const { how: served, meta } = servedBy(done);
  const how = { ...served, ...(attempts.length > 0 && { attempts }) };
  const result = outputOf(tool, done, invocation);
  const record = draft(tool, { result: 'succeeded', meta });
  const other = done.usage && { usage: done.usage };
  const usage = await end(endingOf(done), record, (cost) => [
    ...idempotent.store({ result, requestId, ...how, ...cost, ...other }),
    ...(done.writes ?? []),
  ]);
  return { ok: true, result, requestId, ...how, ...usage, ...other };
}

/** The call with other arguments. Its idempotency key remains with the first. */
const failoverChain = (invoke: Invoke, { idempotencyKey: _key, ...invocation }: Invocation) => ({
  isNested: invocation.nested ?? false,
  again: (change: Pick<Invocation, 'parameters' | 'requestId' | 'sink'>) =>
    invoke({ ...invocation, nested: true, ...change }),
});

/** An earlier response. Charges what this call has cost itself, if anything. */
async function replayed(
  earlier: StoredResponse,
  { end, record }: { end: Ended['end']; record: AuditDraft },
): Promise<InvokeResult> {
  await end({ error: new AppError('conflict') }, { ...record, act: 'request.replayed' });
  return replayOf(earlier);
}

/** Reports of a call while it runs. */
const listingIn = (keys: KeyReceipt[], attempts: Attempt[]) => ({
  onUse: (key: KeyReceipt) => void keys.push(key),
  onFailedAttempt: (attempt: Attempt) => void attempts.push(attempt),
});

/** Until the tool of a call is known. Nothing begins before. */
const NOT_ADMITTED = (): Promise<void> => Promise.reject(new Error('The call is not admitted yet.'));

export function createInvoke(all: Ports): Invoke {
  const { audit, recordRejection, account, admit, admitProvider, alternatives, ...rest } = all;
  const { beginIdempotentRequest, lookUpResponse, ...others } = rest;
  const { findBuiltIn, findRegistered, failoverTargets: targets, ...ports } = others;
  const invoke: Invoke = async (invocation) => {
    const { principal, requestId, deadline, hops = 0 } = invocation;
    let { tool } = invocation;
    let idempotent = NOT_IDEMPOTENT;
    let admission = NOT_ADMITTED;
    const keys: KeyReceipt[] = [];
    const attempts: Attempt[] = [];
    const listed = listingIn(keys, attempts);
    const draft = draftsOf(invocation, keys);
    const { end, ...records } = recordsOf({ audit, recordRejection }, account(callerOf(invocation)));

    const begin = async (intent: Intent) => {
      await admission();
      if (tool?.requiresKey === 'ai') requireModel(principal, intent);
      await admitProvider(principal, intent.provider, deadline);
      await records.begin(intent, draft(tool, attempted(intent)), idempotent.claim());
    };

    const replay = (earlier: StoredResponse) =>
      replayed(earlier, { end, record: draft(tool, { result: 'succeeded' }) });

    const call = async (): Promise<InvokeResult> => {
      tool ??= await findBuiltIn(invocation.toolName);
      tool = await allowedTool({ ...invocation, tool }, findRegistered);
      const { key, given: body = {} } = givenTo(tool, invocation);
      const input = await inputOf(tool, body);
      const { name } = tool;
      admission = lazy(() => admit(principal, name));
      // An answer from the cache needs no admission.
      if ((key !== undefined || !readsFirst(tool)) && !wantsCache(tool, input, invocation)) await admission();
      if (key !== undefined) {
        idempotent = await beginIdempotentRequest(identityOf(invocation, name, { key, body }));
      }
      if (idempotent.earlier) return replay(idempotent.earlier);
      const at = { principal, requestId, deadline, hops };
      const also = othersOf(invoke, { ...at, idempotencyKey: key }, admission);
      const own = { ...ports, ...at, ...listeners(invocation), begin, ...listed, also };
      const chain = failoverChain(invoke, { ...invocation, tool });
      const served = withFailover(admission, { tool, targets, attempts, ...chain });
      const done = await throughCache(lookUpResponse, { ...tool, run: served }, invocation)(input, own);
      return conclude(invocation, { tool, done, idempotent, draft, end, attempts });
    };

    try {
      return await call();
    } catch (failure) {
      const { error, earlier } = await failedOrSuperseded(idempotent, failure);
      if (earlier) return replay(earlier);
      const outcome = draft(tool, { result: recordedResult(error), code: error.code });
      const fail = (writes: readonly Write[]) => records.fail(error, outcome, writes);
      await recordAndRelease(idempotent, fail, storedFailure(tool, error));
      const at = { ...invocation, tool };
      const answered = await withAlternatives(withAttempts(error, attempts), at, alternatives);
      return { ok: false, error: answered, ...(failure !== error && { failure }) };
    }
  };
  return invoke;
}
