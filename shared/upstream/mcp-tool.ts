// Calling a tool of an upstream MCP server, and learning which it has.
import { AppError, MalformedAnswer } from '#shared/core/errors.ts';
import { onward } from '#shared/core/hops.ts';
import { createSecretMask } from '#shared/core/mask-secret.ts';
import type { Credential, Definition, McpTool, RegisteredTool } from '#shared/tools/registered.ts';
import type { Done, ToolCall } from '#shared/tools/tool.ts';

import { checkResult } from './http-tool.ts';
import { reasonOf } from './definition.ts';
import { driftOf, mcpDefinition } from './mcp-definition.ts';
import { type Session, withSession } from './mcp-session.ts';
import { intentOf, type Offered, providerOf, shownAs, type UpstreamPorts, withKey } from './ports.ts';
import { within } from './within.ts';

type Caller = Pick<ToolCall, 'principal' | 'requestId' | 'deadline' | 'hops' | 'onUse' | 'progress'>;
type Where = { readonly url: string; readonly alias: string; readonly credential: Credential | undefined };

/** One conversation, with the caller's own key where the server takes one. */
function conversation<T>(
  where: Where,
  caller: Caller & Pick<UpstreamPorts, 'egress' | 'credentials'>,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { url, alias, credential } = where;
  const { egress, deadline, progress } = caller;
  const chain = onward(caller);
  return withKey(where, caller, (secret) => {
    const shown = { ...chain, ...(credential && secret && shownAs(credential, secret)) };
    const mask = secret && createSecretMask(secret);
    return withSession({ url, alias, egress, deadline, mask, shown, progress }, work);
  });
}

/** Blocks of content as MCP has them; their inside is the client's to judge. */
function contentIn(result: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { content } = result;
  const blocks = Array.isArray(content) ? content : [undefined];
  const areBlocks = blocks.every((block: unknown) => typeof (block as { type?: unknown })?.type === 'string');
  if (!areBlocks) throw new MalformedAnswer(JSON.stringify(result));
  return { content: blocks };
}

/** The upstream is a gateway as we are, and says it of a call of ours. */
function isLoop({ _meta }: Readonly<Record<string, unknown>>): boolean {
  const told = (_meta as Record<string, unknown> | undefined)?.['dev.portunus/error'];
  return (told as { code?: unknown } | undefined)?.code === 'loop';
}

/**
 * What was approved is what is called: the upstream is asked what the tool is now, in the same conversation.
 * @throws {AppError} `tool_changed`, after the tool was put in quarantine
 */
export async function callMcp(
  { tool, source, args }: { tool: RegisteredTool; source: McpTool; args: Record<string, unknown> },
  call: ToolCall,
  ports: UpstreamPorts,
): Promise<Done<Record<string, unknown>>> {
  const { alias, definition } = tool;
  const intent = intentOf(tool);
  onward(call);
  await call.begin(intent);
  const where = { url: source.url, alias, credential: definition.credential };
  const result = await conversation(where, { ...call, ...ports }, async (session) => {
    const listed = (await session.tools()).find(({ name }) => name === source.upstreamName);
    const quotesKey = listed !== undefined && session.quotesKey(listed);
    const drift = driftOf(tool, listed, { now: call.now(), quotesKey });
    if (drift || !listed) {
      if (drift) await ports.quarantine(tool, drift, call);
      throw new AppError('tool_changed', undefined, { tool_name: tool.name });
    }
    return session.call(listed, args);
  });
  if (result['isError'] === true) {
    if (isLoop(result)) throw new AppError('loop');
    throw new AppError('upstream_failed', 'The tool reports that it failed.', {
      provider: providerOf(alias),
      next_step: 'Check the arguments against what the tool does.',
    });
  }
  const output = definition.outputSchema ? result['structuredContent'] : contentIn(result);
  checkResult(output, definition.outputSchema);
  return { output: output as Record<string, unknown>, meta: intent };
}

const listedTools = async (session: Session) =>
  (await session.tools()).map((tool) => ({ ...tool, quotesKey: session.quotesKey(tool) }));

/** @param wanted names of the tools to offer; absent: all */
export async function offeredByServer(
  { wanted, ...where }: Where & { wanted: readonly string[] | undefined },
  caller: Caller,
  ports: UpstreamPorts,
): Promise<readonly Offered[]> {
  const listed = await conversation(where, { ...caller, ...ports }, listedTools);
  const chosen = wanted ? listed.filter(({ name }) => wanted.includes(name)) : listed;
  const missing = (wanted ?? []).filter((name) => !listed.some((tool) => tool.name === name));
  const { url, credential } = where;
  const offer = ({ quotesKey, ...tool }: (typeof listed)[number]): Offered => {
    const upstreamName = tool.name;
    try {
      const definition: Definition = mcpDefinition(tool, { url, credential, quotesKey });
      return { upstreamName, definition };
    } catch (error) {
      return { upstreamName, reason: reasonOf(error) };
    }
  };
  return [
    ...within(caller.deadline, () => chosen.map(offer)),
    ...missing.map((upstreamName) => ({ upstreamName, reason: 'is not listed by the upstream' })),
  ];
}
