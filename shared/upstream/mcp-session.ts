// One conversation with an upstream MCP server: it begins with a call and ends with it.
import {
  Client,
  type JsonSchemaValidator,
  StreamableHTTPClientTransport,
  type Tool,
} from '@modelcontextprotocol/client';

import { AppError } from '#shared/core/errors.ts';

import { guardedFetch, type Line } from './mcp-fetch.ts';

const MAX_PAGES = 8;
const MAX_LISTED = 500;
const FAREWELL_MS = 1000;

/** Checks nothing: what comes back is held to the pinned schema by us, with patterns that have an end. */
const unchecked = {
  getValidator<T>(): JsonSchemaValidator<T> {
    return (value) => ({ valid: true, data: value as T, errorMessage: undefined });
  },
};

export type ListedTool = Tool;
export type Session = {
  /** Whether the definition of this tool, as it is listed, contains the key that the conversation is held with. */
  readonly quotesKey: (tool: ListedTool) => boolean;
  readonly tools: () => Promise<readonly ListedTool[]>;
  readonly call: (
    tool: ListedTool,
    args: Record<string, unknown>,
  ) => Promise<Readonly<Record<string, unknown>>>;
};

/** Nothing of what it says itself: the client's words quote the upstream's. */
function failureOf(error: unknown, { alias, deadline }: Line): AppError {
  if (error instanceof AppError) return error;
  if (deadline.signal.aborted) return new AppError('upstream_timeout');
  const { code } = error as { code?: unknown };
  if (typeof code !== 'number') return new AppError('upstream_malformed');
  return new AppError('upstream_failed', `The upstream ${alias} answered with an error.`, {
    provider: `x-${alias}`,
    upstream_code: code,
  });
}

/** @throws {AppError} `upstream_*`, `key_rejected`, `rate_limited`, `egress_refused`, or what `work` throws */
export async function withSession<T>(
  about: Omit<Line, 'onQuotedKey'>,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  let first: unknown;
  const quoting = new Set<string>();
  const line: Line = { ...about, onQuotedKey: (toolName) => void quoting.add(toolName) };
  const fetch = guardedFetch(line, (error) => void (first ??= error));
  const transport = new StreamableHTTPClientTransport(new URL(line.url), {
    fetch,
    onInsufficientScope: 'throw',
  });
  const client = new Client(
    { name: 'portunus', version: '0.1.0' },
    {
      versionNegotiation: { mode: 'auto' },
      jsonSchemaValidator: unchecked,
      inputRequired: { autoFulfill: false },
      listMaxPages: MAX_PAGES,
    },
  );
  const options = () => ({ signal: line.deadline.signal, timeout: Math.max(1, line.deadline.remainingMs()) });
  try {
    await client.connect(transport, options());
    return await work({
      quotesKey: ({ name }) => quoting.has(name),
      async tools() {
        const { tools } = await client.listTools(undefined, options());
        if (tools.length > MAX_LISTED) throw new AppError('upstream_malformed', 'It lists too many tools.');
        return tools;
      },
      call({ outputSchema: _checkedByUs, ...tool }, args) {
        // Read on the way, in mcp-fetch.ts: here it only makes the client ask for it.
        const heard = line.progress && { onprogress: () => undefined };
        const how = { ...options(), ...heard, toolDefinition: tool };
        return client.callTool({ name: tool.name, arguments: args }, how);
      },
    });
  } catch (error) {
    throw failureOf(error instanceof AppError ? error : (first ?? error), line);
  } finally {
    await farewell(client, transport);
  }
}

/** A server that keeps sessions is told that this one is over; nobody waits for its answer for long. */
async function farewell(client: Client, transport: StreamableHTTPClientTransport): Promise<void> {
  const over = transport.sessionId === undefined ? undefined : transport.terminateSession();
  const late = new Promise((resolve) => setTimeout(resolve, FAREWELL_MS).unref());
  await Promise.race([over, ...(over ? [late] : [])]).catch(() => undefined);
  await client.close().catch(() => undefined);
}
