import type * as z from 'zod';

import type { Principal } from '#shared/auth/principal.ts';
import type { Scope } from '#shared/auth/scopes.ts';
import type { CachePolicy } from '#shared/cache/policy.ts';
import type { Deadline } from '#shared/core/deadline.ts';
import type { AppError } from '#shared/core/errors.ts';
import type { Write } from '#shared/core/write.ts';
import type { Charge } from '#shared/limits/spending.ts';
import type { Completions } from '#shared/providers/completions.ts';
import type { Intent } from '#shared/providers/completion-call.ts';
import type { Todos } from '#shared/todo/todo.ts';

import type { StatusPorts } from './builtin/status-ports.ts';
type JsonSchema = Readonly<Record<string, unknown>>;

/** Which version of which key was used. */
export type KeyReceipt = { readonly provider: string; readonly kid: string; readonly version: number };

/** Context of a call, and everything that a tool can access. The vault is not included: no tool can read a key. */
export type ToolCall = {
  readonly principal: Principal;
  readonly requestId: string;
  readonly deadline: Deadline;
  /** Gateways between the caller and us. */
  readonly hops: number;
  readonly now: () => number;
  readonly todos: Todos;
  readonly completions: Completions;
  readonly status: StatusPorts;
  /**
   * Before anything outside is asked, and once at most: the ATTEMPT. Not writable → throws, and nothing may be called, for
   * a use of a key without a trace must be impossible.
   */
  readonly begin: (intent: Intent) => Promise<void>;
  /** A key was used for this call: becomes its receipt. */
  readonly onUse: (key: KeyReceipt) => void;
  /** A step failed and another follows. */
  readonly onFailedAttempt?: ((attempt: Attempt) => void) | undefined;
  /** Called before the first piece of an answer that is not served in the usual way. */
  readonly onServed?: ((how: ServedBy) => void) | undefined;
  /**
   * Calls another tool for the same caller, as a call of its own: with its own admission, limits, records and receipts. Its
   * request id is this one's with a number behind it.
   */
  readonly also: (toolName: string, parameters: unknown) => Promise<InvokeResult>;
  /** For a request to a model: whether fields that its provider cannot express are rejected, and where they are named. */
  readonly translation?: Translation | undefined;
  /** Present if the caller streams the answer. Resolves when the next piece may be sent; throws if there is no reader. */
  readonly sink?: ((piece: unknown) => Promise<void>) | undefined;
  /** Present if the caller requested progress updates. */
  readonly progress?: ((update: Progress) => void) | undefined;
};

export type Translation = {
  readonly strict: boolean;
  readonly onDropped: (fields: readonly string[]) => void;
};

/** Progress of a call, in any unit; `total` if known. */
export type Progress = {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
};

/** One step of a call: a provider, and a key of it where that was the difference. `answered`: it served the call. */
export type Attempt = {
  readonly provider: string;
  readonly model?: string;
  readonly key_id?: string;
  readonly code: string;
};

export type Done<Out> = {
  readonly output: Out;
  /** Changes to commit together with the call's audit record. */
  readonly writes?: readonly Write[];
  readonly meta?: CallMeta;
  /** Mode and reason, if the call was not served in the usual way. */
  readonly served?: ServedBy;
  /** Error of the call that an expired entry of the cache, or another provider, answered. */
  readonly failure?: AppError;
  /** Charge of the call to another provider. */
  readonly usage?: Charge;
  /** Deviations of the result from what its source documents. */
  readonly notes?: readonly string[];
};

/** Numbers and names worth recording; of a call to a provider, what it is charged by. */
export type CallMeta = {
  readonly provider?: string;
  readonly model?: string;
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly cached_input_tokens?: number;
  readonly cache_write_tokens?: number;
  readonly reasoning_tokens?: number;
  readonly count?: number;
};

export type ServedBy = {
  /**
   * `backup_key`: another value than the one that its owner put first, for the `reason` beside it. `cached`: a fresh entry of
   * the cache. `stale`: an expired one, for the `reason` beside it. `failover`: another provider than the chosen one, for the
   * `reason` beside it.
   */
  readonly mode: 'live' | 'backup_key' | 'cached' | 'stale' | 'failover';
  readonly reason?: string;
  /** Seconds since an answer from the cache was computed. */
  readonly ageSeconds?: number;
};

/** A call that ended, and whose audit record is durable. `failure` is any error that is not a rejection of ours. */
export type InvokeResult = (
  | ({
      readonly ok: true;
      readonly result: Readonly<Record<string, unknown>>;
      readonly cached: boolean;
      /** Request id of the call that was served: an earlier one, if this is `replayed`. */
      readonly requestId: string;
      /** Charge of a call to a provider. */
      readonly usage?: Charge;
      /** Deviations of the result from what its source documents. */
      readonly notes?: readonly string[];
      /** Steps of the call, if the first did not answer. */
      readonly attempts?: readonly Attempt[];
    } & ServedBy)
  | { readonly ok: false; readonly error: AppError; readonly failure?: unknown }
) & { readonly replayed?: true };

export type Tool<In extends z.ZodObject = z.ZodObject, Out extends z.ZodObject = z.ZodObject> = {
  readonly name: `${string}_${string}`;
  readonly title: string;
  readonly description: string;
  readonly input: In;
  readonly output: Out;
  /** Listed instead of `output`, in few words, where another tool lists the same in full. */
  readonly outputSummary?: z.ZodObject;
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
  /** Scope required in addition to `tools:call`. Absent: `tools:call` suffices. */
  readonly scope?: Scope;
  /** Kind of key it works with; any of the caller's keys of that kind will do. */
  readonly requiresKey?: 'ai';
  /** The same call for another model, for tools whose results may come from any. Absent: only the named provider serves it. */
  readonly retarget?: {
    readonly modelOf: (input: z.output<In>) => string | undefined;
    readonly to: (input: z.output<In>, target: { provider: string; model: string }) => unknown;
  };
  /** Which of its results are cached. Absent: none. */
  readonly cache?: CachePolicy<z.output<In>>;
  /** Hash of the definition of a registered tool, and the revision of its row: a review or a drift makes it another one. */
  readonly definition?: string;
  /** JSON Schemas of a registered tool, unchanged. No output schema: its result is `{content}`, MCP content blocks. */
  readonly schemas?: {
    readonly input: JsonSchema;
    readonly output?: JsonSchema | undefined;
    /** Whether every result is held to `output`; else it only documents what to expect. */
    readonly isGuaranteed: boolean;
  };
  /** Arguments of a call that works, for people and models. */
  readonly examples: readonly Readonly<Record<string, unknown>>[];
  readonly run: (input: z.output<In>, call: ToolCall) => Promise<Done<z.input<Out>>>;
};

/** Identity at run time; at compile time it ties `run` to the two schemas. */
export const defineTool = <In extends z.ZodObject, Out extends z.ZodObject>(tool: Tool<In, Out>): Tool =>
  tool;
