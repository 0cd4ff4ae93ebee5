import type { Principal } from '#shared/auth/principal.ts';
import type { Deadline } from '#shared/core/deadline.ts';
import type { Invoke } from '#shared/tools/invoke.ts';
import type { RegisteredAsTool } from '#shared/tools/listed-tool.ts';

/** Context shared by all tool calls of one MCP message. */
export type ToolCalls = {
  readonly principal: Principal;
  readonly requestId: string;
  readonly deadline: Deadline;
  readonly hops?: number;
  readonly invoke: Invoke;
  /** Registered tools needed for this message: all, or the called one. */
  readonly registered: readonly RegisteredAsTool[];
  readonly report: (error: unknown) => void;
};
