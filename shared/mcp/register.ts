import type {
  CallToolResult,
  InputRequiredResult,
  McpServer,
  ServerContext,
} from '@modelcontextprotocol/server';

import { withKey } from '#shared/tools/idempotent-call.ts';
import type { ListedTool } from '#shared/tools/listed-tool.ts';
import type { Tool, ToolCall } from '#shared/tools/tool.ts';

import { orAskForKey } from './ask-key.ts';
import type { ToolCalls } from './tool-calls.ts';
import { withProgress } from './progress.ts';
import { toolResult } from './results.ts';

/** Publishes a JSON Schema without validating: the invoke path validates for every transport. */
const shown = (schema: Readonly<Record<string, unknown>>) => ({
  '~standard': {
    version: 1 as const,
    vendor: 'portunus',
    validate: (value: unknown) => ({ value }),
    jsonSchema: { input: () => schema, output: () => schema },
  },
});

type JsonSchema = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names and descriptions of a schema: a client that validates results must not lose one that deviates. */
function withoutRules({ title, description, properties, items }: JsonSchema): JsonSchema {
  const inner = (schema: unknown): unknown => (isObject(schema) ? withoutRules(schema) : {});
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(isObject(properties) && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, inner(one)])),
    }),
    ...(isObject(items) && { items: inner(items) }),
  };
}

/** A listed tool; a registered one with what calls it. */
export type OfferedTool = { readonly listed: ListedTool; readonly registered?: Tool };

/** Registers one tool on a server that lives for one request. */
export function register(server: McpServer, tool: OfferedTool, calls: ToolCalls): void {
  const { name, title, description, annotations, schemas } = tool.listed;
  const { output, isGuaranteed } = schemas;
  const input = tool.registered ? withKey(tool.listed, schemas.input) : schemas.input;
  const result = isGuaranteed || !output ? output : { type: 'object', ...withoutRules(output) };
  server.registerTool(
    name,
    {
      title,
      description,
      inputSchema: shown(input),
      ...(result && { outputSchema: shown(result) }),
      annotations,
    },
    (parameters: unknown, ctx) => called(tool, parameters, { ctx, calls }),
  );
}

/**
 * Returns a missing scope as a tool result in both protocol revisions instead of using `scopeChallenge`: API Gateway
 * renames the `WWW-Authenticate` header of a Lambda response, so no client could read that 403 and the call would be
 * lost. The authorizer, whose responses keep the header, does not receive the body; it could use `Mcp-Name`, but its
 * result is cached for a minute for all calls. So the entry scope is challenged there (functions/authorizer.ts), with
 * all scopes of the tools, and a result names the missing one.
 */
async function called(
  { listed, registered }: OfferedTool,
  parameters: unknown,
  { ctx, calls }: { ctx: ServerContext; calls: ToolCalls },
): Promise<CallToolResult | InputRequiredResult> {
  const { principal, requestId, hops, invoke, report } = calls;
  // Cancels the upstream call when the client disconnects.
  const signal = AbortSignal.any([calls.deadline.signal, ctx.mcpReq.signal]);
  const deadline = { ...calls.deadline, signal };
  const of = { toolName: listed.name, tool: registered, parameters, principal, requestId, deadline, hops };
  const call = (progress?: ToolCall['progress']) => invoke({ ...of, progress });
  // A registered tool calls its upstream, whatever its hints say.
  const isLong = listed.annotations.openWorldHint || registered !== undefined;
  const first = await (isLong ? withProgress(ctx, call) : call());
  const end = await orAskForKey(first, call, { ctx, deadline });
  if ('question' in end) return end.question;
  const { answer } = end;
  if (!answer.ok) report(answer.failure ?? answer.error);
  return toolResult(answer, { requestId, isStructured: listed.schemas.output !== undefined });
}
