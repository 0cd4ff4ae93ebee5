// Connections to upstream MCP servers: made for one conversation, and kept for the next one of the same name.
import {
  Client,
  type JsonSchemaValidator,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';

import { guardedFetch, type Line } from './mcp-fetch.ts';

const CLOSE_MS = 1000;

/** Checks nothing: what comes back is held to the pinned schema by us, with patterns that have an end. */
const unchecked = {
  getValidator<T>(): JsonSchemaValidator<T> {
    return (value) => ({ valid: true, data: value as T, errorMessage: undefined });
  },
};

/** A client of one server, used by one conversation at a time. */
export type Connection = {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
  /** The line of the conversation that uses it, and its first error. */
  current: { readonly line: Line; first?: unknown };
};

export function connectionFor(line: Line): Connection {
  const current: Connection['current'] = { line };
  const transport = new StreamableHTTPClientTransport(new URL(line.url), {
    fetch: (target, init) => {
      const { current: now } = connection;
      return guardedFetch(now.line, (error) => void (now.first ??= error))(target, init);
    },
    onInsufficientScope: 'throw',
  });
  const client = new Client(
    { name: 'portunus', version: '0.1.0' },
    {
      versionNegotiation: { mode: 'auto' },
      jsonSchemaValidator: unchecked,
      inputRequired: { autoFulfill: false },
    },
  );
  const connection: Connection = { client, transport, current };
  return connection;
}

const MAX_KEPT = 50;
/** Longer idle, and a server may have ended the session, or an operator changed what stands behind the address. */
const KEPT_MS = 5 * 60_000;

/** Connections of this instance that are not in use. Each serves one owner with one credential. */
const keptConnections = new Map<string, { readonly connection: Connection; readonly until: number }>();

export function takeKeptConnection(name: string | undefined): Connection | undefined {
  const found = name === undefined ? undefined : keptConnections.get(name);
  if (name === undefined || !found) return undefined;
  keptConnections.delete(name);
  return found.until > Date.now() ? found.connection : undefined;
}

export function keepConnection(name: string, connection: Connection): void {
  const [oldest] = keptConnections.keys();
  if (keptConnections.size >= MAX_KEPT && oldest !== undefined) keptConnections.delete(oldest);
  keptConnections.set(name, { connection, until: Date.now() + KEPT_MS });
}

/** Terminates the session, if the server keeps one, waiting at most `CLOSE_MS` for the answer; then closes the client. */
export async function closeConnection({ client, transport }: Connection): Promise<void> {
  const over = transport.sessionId === undefined ? undefined : transport.terminateSession();
  const late = new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref());
  await Promise.race([over, ...(over ? [late] : [])]).catch(() => undefined);
  await client.close().catch(() => undefined);
}
