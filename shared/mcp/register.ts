import type { CallToolResult, McpServer } from '@modelcontextprotocol/server';

import { ERRORS } from '#shared/core/errors.ts';
import { schemasOf } from '#shared/tools/registry.ts';
import type { InvokeResult, Tool } from '#shared/tools/tool.ts';

import type { ToolCalls } from './offer.ts';

/** Where machine-readable errors stand: `structuredContent` of an error would break clients that validate it. */
const ERROR_META = 'dev.portunus/error';
/** Whether this is the answer of an earlier call of the same idempotency key. */
const REPLAYED_META = 'dev.portunus/replayed';
/** How a call was served, where that was not the usual way. */
const SERVED_META = 'dev.portunus/served';
/** What a call to a provider cost. */
const USAGE_META = 'dev.portunus/usage';

/** Shows a JSON Schema and checks nothing: the invoke path validates, for every face alike. */
const shown = (schema: Readonly<Record<string, unknown>>) => ({
  '~standard': {
    version: 1 as const,
    vendor: 'portunus',
    validate: (value: unknown) => ({ value }),
    jsonSchema: { input: () => schema, output: () => schema },
  },
});

type Failure = Extract<InvokeResult, { ok: false }>;

function failed({ error, replayed }: Failure, requestId: string): CallToolResult {
  const { code, message, details } = error;
  const nextStep = details.next_step ?? ERRORS[code][2];
  return {
    isError: true,
    content: [{ type: 'text', text: `${code}: ${message} ${nextStep}` }],
    _meta: {
      [ERROR_META]: { code, detail: message, ...details, next_step: nextStep, request_id: requestId },
      ...(replayed && { [REPLAYED_META]: true }),
    },
  };
}

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
    async (parameters: unknown): Promise<CallToolResult> => {
      const { principal, requestId, deadline, invoke, report } = calls;
      const answer = await invoke({ toolName: tool.name, tool, parameters, principal, requestId, deadline });
      if (answer.ok) {
        const { result, mode, reason, usage, replayed } = answer;
        const _meta = {
          ...(reason !== undefined && { [SERVED_META]: { mode, reason } }),
          ...(usage && { [USAGE_META]: usage }),
          ...(replayed && { [REPLAYED_META]: true }),
        };
        return {
          ...(output
            ? { structuredContent: result, content: [{ type: 'text', text: JSON.stringify(result) }] }
            : { content: result['content'] as CallToolResult['content'] }),
          ...(Object.keys(_meta).length > 0 && { _meta }),
        };
      }
      report(answer.failure ?? answer.error);
      return failed(answer, requestId);
    },
  );
}
