// A registered tool as one that can be called: the same checks before and after as every tool has.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { shown } from '#shared/tools/shown.ts';
import type { RegisteredTool } from '#shared/tools/registered.ts';
import type { Done, Tool, ToolCall } from '#shared/tools/tool.ts';

import { callHttp } from './http-tool.ts';
import type { UpstreamPorts } from './ports.ts';
import { validatorOf } from './validator.ts';

function refuseUnlessActive({ state, name }: RegisteredTool): void {
  if (state === 'active') return;
  if (state === 'quarantined') throw new AppError('tool_changed', undefined, { tool_name: name });
  throw new AppError('tool_inactive', undefined, { tool_name: name, state });
}

async function call(
  tool: RegisteredTool,
  { args, call: at, ports }: { args: Record<string, unknown>; call: ToolCall; ports: UpstreamPorts },
): Promise<Done<Record<string, unknown>>> {
  const { source } = tool.definition;
  if (source.kind === 'http') return callHttp({ tool, operation: source, args }, at, ports);
  const { callMcp } = await import('./mcp-tool.ts');
  return callMcp({ tool, source, args }, at, ports);
}

export function runnable(tool: RegisteredTool, ports: UpstreamPorts): Tool {
  const input = z.looseObject({}).superRefine((value, context) => {
    for (const { path, message } of validatorOf(tool.definition.inputSchema)(value)) {
      context.addIssue({ code: 'custom', path: path === '' ? [] : path.split('.'), message });
    }
  });
  return {
    ...shown(tool),
    input,
    async run(args, at) {
      refuseUnlessActive(tool);
      return call(tool, { args, call: at, ports });
    },
  };
}
