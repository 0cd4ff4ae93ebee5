// A registered tool as one that can be called: the same checks before and after as every tool has.
import { AppError } from '#shared/core/errors.ts';
import { hopHeaders } from '#shared/core/hops.ts';
import { coerced } from '#shared/tools/coerce.ts';
import type { Send, UpstreamTarget } from '#shared/resilience/upstream.ts';
import { listedTool, type RegisteredAsTool } from '#shared/tools/listed-tool.ts';
import { type RegisteredTool, shelfOf } from '#shared/tools/registered.ts';
import type { Done, ToolCall } from '#shared/tools/tool.ts';

import { callHttp } from './http-tool.ts';
import { intentOf, type UpstreamPorts, upstreamProvider } from './ports.ts';
import { cachePolicy, invalidating } from './result-cache.ts';
import { validatorOf } from './validator.ts';

type Arguments = Record<string, unknown>;

function assertActive({ state, name }: RegisteredTool): void {
  if (state === 'active') return;
  if (state === 'quarantined') throw new AppError('tool_changed', undefined, { tool_name: name });
  throw new AppError('tool_inactive', undefined, { tool_name: name, state });
}

/**
 * The arguments as they are valid: text is read as the value that it spells where it must be. The schema comes from outside:
 * applied once the ATTEMPT is durable, so that whatever it does leaves a record.
 */
function checkedInput({ name, definition }: RegisteredTool, args: Arguments): Arguments {
  const validate = validatorOf(definition.inputSchema);
  if (validate(args).length === 0) return args;
  const read = coerced(args, definition.inputSchema) as Arguments;
  const issues = validate(read);
  if (issues.length === 0) return read;
  throw new AppError('invalid_input', `The arguments of ${name} are not valid.`, {
    issues: issues.map(({ path, message }) => ({
      path: ['parameters', path].filter((step) => step !== '').join('.'),
      message,
    })),
  });
}

async function call(
  tool: RegisteredTool,
  { args: given, call: at, ports }: { args: Arguments; call: ToolCall; ports: UpstreamPorts },
): Promise<Done<Record<string, unknown>>> {
  const { source } = tool.definition;
  hopHeaders(at);
  const { guard, ...others } = ports;
  const caller = { owner: at.principal.ownerId, requestId: at.requestId, deadline: at.deadline };
  return guard.run(targetOf(tool), caller, async (send) => {
    await at.begin(intentOf(tool));
    const args = checkedInput(tool, given);
    const own = { ...others, send: repeating(send, tool) };
    if (source.kind === 'http') return callHttp({ tool, operation: source, args }, at, own);
    const { callMcp } = await import('./mcp-tool.ts');
    return callMcp({ tool, source, args }, at, own);
  });
}

/** The upstream of one registrant: another one's of the same alias is another server. */
const targetOf = (tool: RegisteredTool): UpstreamTarget => {
  const provider = upstreamProvider(tool.alias);
  return { group: shelfOf(tool), name: provider, provider, title: `The upstream ${tool.alias}` };
};

/** A call that may have had an effect is not repeated. */
const repeating = (send: Send, { definition: { annotations } }: RegisteredTool): Send => {
  const isRepeatable = annotations.readOnlyHint || annotations.idempotentHint;
  return (request) => send(request, { isRepeatable });
};

export function runnable(tool: RegisteredTool, ports: UpstreamPorts): RegisteredAsTool {
  const cache = cachePolicy(tool);
  return {
    ...listedTool(tool),
    ...(cache && { cache }),
    async run(args, at) {
      assertActive(tool);
      const run = () => call(tool, { args, call: at, ports });
      return invalidating(tool, at.principal.ownerId, { ports, run });
    },
  };
}
