// Calling a tool of an upstream MCP server, and learning which it has.
import { createHmac, randomBytes } from 'node:crypto';

import { AppError, MalformedAnswer } from '#shared/core/errors.ts';
import { hopHeaders } from '#shared/core/hops.ts';
import { createSecretMask } from '#shared/core/mask-secret.ts';
import { withMarks } from '#shared/core/visible-text.ts';
import type { Send } from '#shared/resilience/upstream.ts';
import type { Credential, Definition, McpTool, RegisteredTool } from '#shared/tools/registered.ts';
import type { Done, ToolCall } from '#shared/tools/tool.ts';

import { unusableReason } from './definition.ts';
import { driftOf, mcpDefinition } from './mcp-definition.ts';
import { MAX_LISTED, nameIn, type Session, withSession } from './mcp-session.ts';
import { checkedResult } from './result-check.ts';
import {
  type CallPorts,
  intentOf,
  shownAs,
  type ToolCandidate,
  type UpstreamPorts,
  upstreamProvider,
  withKey,
} from './ports.ts';
import { upstreamMessage } from './upstream-reason.ts';
import { within } from './within.ts';

type Caller = Pick<ToolCall, 'principal' | 'requestId' | 'deadline' | 'hops' | 'onUse' | 'progress'>;
type Where = {
  readonly url: string;
  readonly alias: string;
  readonly credential: Credential | undefined;
  readonly results?: Definition['results'];
  readonly cache?: Definition['cache'];
  /** Whether the connection is kept for the owner's next call. */
  readonly keeps?: boolean;
};

const PROCESS_KEY = randomBytes(32);

/** Connection of one owner, one server and one credential: nothing that a server remembers of one reaches another. */
const connectionName = (ownerId: string, url: string, credential: object | undefined): string =>
  createHmac('sha256', PROCESS_KEY)
    .update(JSON.stringify([ownerId, url, credential]))
    .digest('base64url');

/** One conversation, with the caller's own key where the server takes one. */
function conversation<T>(
  where: Where,
  caller: Caller & Pick<UpstreamPorts, 'egress' | 'credentials'> & { readonly send?: Send },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { url, alias, credential, keeps = false } = where;
  const { egress, deadline, progress, send = (request) => request() } = caller;
  const chain = hopHeaders(caller);
  return withKey(where, caller, (secret) => {
    const shown = { ...chain, ...(credential && secret && shownAs(credential, secret)) };
    const mask = secret && createSecretMask(secret);
    const keepAs = !keeps
      ? undefined
      : connectionName(caller.principal.ownerId, url, credential && secret && shownAs(credential, secret));
    return send(() => withSession({ url, alias, egress, deadline, mask, shown, progress, keepAs }, work));
  });
}

/** Blocks of content as MCP has them; their inside is the client's to judge. */
function contentIn(result: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { content } = result;
  const blocks = Array.isArray(content) ? content : [undefined];
  const areBlocks = blocks.every((block: unknown) => typeof (block as { type?: unknown })?.type === 'string');
  if (!areBlocks) throw new MalformedAnswer(JSON.stringify(result));
  return { content: blocks.map(readable) };
}

/** The tool's own words on its failure. The key is out of them already. */
function textsIn({ content }: Readonly<Record<string, unknown>>): string {
  const blocks: unknown[] = Array.isArray(content) ? content : [];
  return blocks
    .map((block) => (isObject(block) ? (block as { text?: unknown }).text : undefined))
    .filter((text) => typeof text === 'string')
    .join(' ');
}

/** Texts of a block, as a terminal or a page can show them. */
function readable(block: unknown): unknown {
  const { text, resource, ...rest } = block as { text?: unknown; resource?: unknown };
  return {
    ...rest,
    ...(text !== undefined && { text: typeof text === 'string' ? withMarks(text) : text }),
    ...(resource !== undefined && { resource: isObject(resource) ? readable(resource) : resource }),
  };
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The upstream is a gateway as we are, and says it of a call of ours. */
function isLoop({ _meta }: Readonly<Record<string, unknown>>): boolean {
  const reported = (_meta as Record<string, unknown> | undefined)?.['dev.portunus/error'];
  return (reported as { code?: unknown } | undefined)?.code === 'loop';
}

/** A shared tool is what its registrar's key is shown, or everybody where it takes none: one caller's key decides nothing. */
const isDecisive = ({ shared, owner, definition }: RegisteredTool, { principal }: ToolCall): boolean =>
  !shared || !definition.credential || owner === principal.ownerId;

/** @returns the rejection, once what was found is on record */
async function changed(
  { tool, drift }: { tool: RegisteredTool; drift: NonNullable<RegisteredTool['drift']> },
  call: ToolCall,
  ports: Pick<UpstreamPorts, 'quarantine' | 'reportMismatch'>,
): Promise<AppError> {
  const { name, alias } = tool;
  if (isDecisive(tool, call)) {
    await ports.quarantine(tool, drift, call);
    return new AppError('tool_changed', undefined, { tool_name: name });
  }
  await ports.reportMismatch(tool, call);
  return new AppError(
    'tool_changed',
    `With your key, the upstream ${alias} offers a definition of this tool that differs from the approved one.`,
    {
      tool_name: name,
      provider: upstreamProvider(alias),
      next_step: `Store a key whose plan includes the tool with POST /api-keys, "provider": "${upstreamProvider(alias)}". The admin who registered the tool was told.`,
    },
  );
}

/**
 * Calls only what was approved: the current definition is read from the upstream in the same session, and compared. The
 * ATTEMPT is durable already.
 * @throws {AppError} `tool_changed`, after the tool was put in quarantine
 */
export async function callMcp(
  { tool, source, args }: { tool: RegisteredTool; source: McpTool; args: Record<string, unknown> },
  call: ToolCall,
  ports: CallPorts,
): Promise<Done<Record<string, unknown>>> {
  const { alias, definition } = tool;
  const where = { url: source.url, alias, credential: definition.credential, keeps: true };
  const result = await conversation(where, { ...call, ...ports }, async (session) => {
    const entry = await session.tool(source.upstreamName);
    const quotesKey = session.quotesKey(entry);
    const drift = driftOf(tool, entry, { now: call.now(), quotesKey });
    if (drift) throw await changed({ tool, drift }, call, ports);
    return session.call(entry, source.upstreamName, args);
  });
  if (result['isError'] === true) {
    if (isLoop(result)) throw new AppError('loop');
    throw new AppError('tool_failed', 'The tool reported an error.', {
      provider: upstreamProvider(alias),
      ...upstreamMessage(textsIn(result)),
    });
  }
  return { ...judged(result, definition), meta: intentOf(tool) };
}

/** Blocks stand for the structured result where the tool promises one and sends none. */
function judged(result: Readonly<Record<string, unknown>>, definition: Definition) {
  if (!definition.outputSchema) return { output: contentIn(result) };
  const { structuredContent } = result;
  const isMissing = structuredContent === undefined || structuredContent === null;
  if (!isMissing || definition.results === 'validated') return checkedResult(structuredContent, definition);
  return { output: contentIn(result), notes: ['The upstream sent no structured result.'] };
}

type Wanted = readonly string[] | undefined;

/** Each entry as a tool, or why it cannot be one. An entry without a name is called by its place. */
type Entry = { readonly entry: unknown; readonly quotesKey: boolean };

const candidatesFrom = (
  entries: readonly Entry[],
  { url, credential, results, cache }: Where,
): ToolCandidate[] =>
  entries.map(({ entry, quotesKey }, index) => {
    const upstreamName = nameIn(entry) ?? `entry-${index + 1}`;
    try {
      const about = { url, credential, results, cache, quotesKey };
      return { upstreamName, definition: mcpDefinition(entry, about) };
    } catch (error) {
      return { upstreamName, reason: unusableReason(error) };
    }
  });

const left = (upstreamName: string, reason: string): ToolCandidate => ({ upstreamName, reason });

async function listed(session: Session): Promise<{ entries: Entry[]; isCut: boolean }> {
  const { entries, isCut } = await session.tools();
  return { entries: entries.map((entry) => ({ entry, quotesKey: session.quotesKey(entry) })), isCut };
}

/** @param wanted names of the tools to offer; absent: all */
export async function serverCandidates(
  { wanted, ...where }: Where & { wanted: Wanted },
  caller: Caller,
  ports: UpstreamPorts,
): Promise<readonly ToolCandidate[]> {
  const { entries, isCut } = await conversation(where, { ...caller, ...ports }, listed);
  const names = new Set(entries.map(({ entry }) => nameIn(entry)));
  const asked = wanted && new Set<string | undefined>(wanted);
  const chosen = asked ? entries.filter(({ entry }) => asked.has(nameIn(entry))) : entries;
  const offers = within(caller.deadline, () => candidatesFrom(chosen.slice(0, MAX_LISTED), where));
  const beyond = chosen.slice(MAX_LISTED).flatMap(({ entry }) => nameIn(entry) ?? []);
  const missing = (wanted ?? []).filter((name) => !names.has(name));
  return [
    ...offers,
    ...beyond
      .slice(0, MAX_LISTED)
      .map((name) => left(name, `is beyond the first ${MAX_LISTED} tools of its list`)),
    ...missing.map((name) => left(name, 'is not listed by the upstream')),
    ...(isCut ? [left('further-tools', 'are listed beyond what is read')] : []),
  ];
}
