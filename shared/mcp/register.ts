import type {
  CallToolResult,
  InputRequiredResult,
  McpServer,
  ServerContext,
} from '@modelcontextprotocol/server';

import { schemasOf } from '#shared/tools/registry.ts';
import type { Tool, ToolCall } from '#shared/tools/tool.ts';

import { orAskForKey } from './ask-key.ts';
import type { ToolCalls } from './offer.ts';
import { withProgress } from './progress.ts';
import { toolResult } from './results.ts';

/** Shows a JSON Schema and checks nothing: the invoke path validates, for every face alike. */
const shown = (schema: Readonly<Record<string, unknown>>) => ({
  '~standard': {
    version: 1 as const,
    vendor: 'portunus',
    validate: (value: unknown) => ({ value }),
    jsonSchema: { input: () => schema, output: () => schema },
  },
});

/** Offers one tool of the registry on a server that lives for one request. */
export function register(server: McpServer, tool: Tool, calls: ToolCalls): void {
  const { input, output } = schemasOf(tool);
  server.registerTool(
    tool.name,
    {
      title: tool.title,
      description: tool.description,
      inputSchema: shown(input),
      ...(output && { outputSchema: shown(output) }),
      annotations: tool.annotations,
    },
    (parameters: unknown, ctx) => called(tool, parameters, { ctx, calls }),
  );
}

/**
 * A missing scope of a tool is told as a result too, in both eras, and not by `scopeChallenge`: its 403 would leave a Lambda, where
 * API Gateway renames `WWW-Authenticate`, so that no client could read it and the call would only be lost. The authorizer, whose
 * refusals keep the header, sees no body; by `Mcp-Name` it could tell, but its verdict is kept for a minute and for all calls. So
 * the door's own scope is challenged (functions/authorizer.ts), with all scopes that tools ask for, and a result names the rest.
 */
async function called(
  tool: Tool,
  parameters: unknown,
  { ctx, calls }: { ctx: ServerContext; calls: ToolCalls },
): Promise<CallToolResult | InputRequiredResult> {
  const { principal, requestId, hops, invoke, report } = calls;
  // A client that has gone needs no answer from upstream.
  const signal = AbortSignal.any([calls.deadline.signal, ctx.mcpReq.signal]);
  const deadline = { ...calls.deadline, signal };
  const of = { toolName: tool.name, tool, parameters, principal, requestId, deadline, hops };
  const call = (progress?: ToolCall['progress']) => invoke({ ...of, progress });
  const isLong = tool.annotations.openWorldHint;
  const first = await (isLong ? withProgress(ctx, call) : call());
  const end = await orAskForKey(first, call, { ctx, deadline });
  if ('question' in end) return end.question;
  const { answer } = end;
  if (!answer.ok) report(answer.failure ?? answer.error);
  const { output } = schemasOf(tool);
  return toolResult(answer, { requestId, isStructured: output !== undefined });
}
