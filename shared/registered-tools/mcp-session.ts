// One conversation with an upstream MCP server: it begins with a call and ends with it.
import type { Client, Tool } from '@modelcontextprotocol/client';
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { cleaned } from '#shared/core/visible-text.ts';

import {
  closeConnection,
  type Connection,
  connectionFor,
  keepConnection,
  takeKeptConnection,
} from './mcp-connection.ts';
import type { Line } from './mcp-fetch.ts';
import { upstreamMessage } from './upstream-reason.ts';

const MAX_PAGES = 20;
export const MAX_LISTED = 500;

/** Nothing of an entry is judged here: one that no client would take is no reason to lose the others. */
const Page = z.looseObject({
  tools: z.array(z.unknown()),
  nextCursor: z.string().optional().catch(undefined),
});

export type Session = {
  /** Whether the definition of this tool, as it is listed, contains the key that the conversation is held with. */
  readonly quotesKey: (entry: unknown) => boolean;
  /** Entries as they are listed, page by page, to a bound. `isCut`: there are more. */
  readonly tools: () => Promise<{ readonly entries: readonly unknown[]; readonly isCut: boolean }>;
  /** The entry of this name, as far as the list goes. */
  readonly tool: (name: string) => Promise<unknown>;
  /** @param entry its own, which a definition was made of */
  readonly call: (
    entry: unknown,
    name: string,
    args: Record<string, unknown>,
  ) => Promise<Readonly<Record<string, unknown>>>;
};

export const nameIn = (entry: unknown): string | undefined => {
  const { name } = (entry ?? {}) as { readonly name?: unknown };
  return typeof name === 'string' ? name : undefined;
};

const asShown = (_name: string, value: unknown): unknown =>
  typeof value === 'string' ? cleaned(value, { maxLength: value.length + 1 }).text : value;

/** Whether the key appears once what is hidden between its characters is removed. */
function joinsKey(entry: unknown, { mask }: Line): boolean {
  if (!mask || entry === undefined) return false;
  const joined: unknown = JSON.parse(JSON.stringify(entry), asShown);
  return JSON.stringify(mask.json(joined)) !== JSON.stringify(joined);
}

type Options = () => { readonly signal: AbortSignal; readonly timeout: number };

async function* pagesOf(client: Client, options: Options): AsyncGenerator<readonly unknown[], boolean> {
  if (!client.getServerCapabilities()?.tools) return false;
  let cursor: string | undefined;
  let listed = 0;
  for (let page = 0; page < MAX_PAGES && listed <= MAX_LISTED; page += 1) {
    const params = cursor === undefined ? {} : { cursor };
    const { tools, nextCursor } = await client.request({ method: 'tools/list', params }, Page, options());
    listed += tools.length;
    yield tools;
    if (nextCursor === undefined) return listed > MAX_LISTED;
    cursor = nextCursor;
  }
  return true;
}

const listing = (client: Client, options: Options): Pick<Session, 'tool' | 'tools'> => ({
  async tools() {
    const entries: unknown[] = [];
    const pages = pagesOf(client, options);
    for (;;) {
      const { value, done } = await pages.next();
      if (done) return { entries, isCut: value };
      entries.push(...value);
    }
  },
  async tool(name) {
    for await (const page of pagesOf(client, options)) {
      const found = page.find((entry) => nameIn(entry) === name);
      if (found !== undefined) return found;
    }
    return undefined;
  },
});

/** Invalid request, unknown method, invalid arguments (JSON-RPC 2.0): a definite answer, whose reason the caller needs. */
const REJECTION_CODES = new Set([-32_602, -32_601, -32_600]);

/**
 * Maps an error of the session. Of the upstream's own text it includes only the reason for a rejection, marked as the
 * upstream's. The key is masked already.
 */
function failureOf(error: unknown, { alias, deadline }: Line): AppError {
  if (error instanceof AppError) return error;
  if (deadline.signal.aborted) return new AppError('upstream_timeout');
  const { code } = error as { code?: unknown };
  if (typeof code !== 'number') return new AppError('upstream_malformed');
  const about = { provider: `x-${alias}`, upstream_code: code };
  if (!REJECTION_CODES.has(code))
    return new AppError('upstream_failed', `The upstream ${alias} returned an error.`, about);
  const said = error instanceof Error ? error.message.replace(/^MCP error -?\d+: /, '') : '';
  return new AppError('upstream_refused', `The upstream ${alias} rejected the call.`, {
    ...about,
    ...upstreamMessage(said),
    next_step: 'Correct the arguments; the same call gets the same response.',
  });
}

const requestOptions =
  ({ deadline }: Line): Options =>
  () => ({ signal: deadline.signal, timeout: Math.max(1, deadline.remainingMs()) });

type Conversation<T> = {
  readonly line: Line;
  readonly quoting: ReadonlySet<string>;
  readonly work: (session: Session) => Promise<T>;
  /** Called before a tool is called: from then on nothing may be repeated. */
  readonly onCall: () => void;
};

function sessionOn({ client }: Connection, { line, quoting, onCall }: Conversation<unknown>): Session {
  const options = requestOptions(line);
  return {
    ...listing(client, options),
    quotesKey: (entry) => quoting.has(nameIn(entry) ?? '') || joinsKey(entry, line),
    call(entry, name, args) {
      onCall();
      const { outputSchema: _checkedByUs, ...toolDefinition } = entry as Tool;
      // Read on the way, in mcp-fetch.ts: here it only makes the client ask for it.
      const heard = line.progress && { onprogress: () => undefined };
      return client.callTool({ name, arguments: args }, { ...options(), ...heard, toolDefinition });
    },
  };
}

/**
 * @param about.keepAs names owner, server and credential: the connection is kept for the next conversation of this name, where the
 * protocol's session and what was negotiated are still known. Absent: it ends with the work
 * @throws {AppError} `upstream_*`, `key_rejected`, `rate_limited`, `egress_refused`, or what `work` throws
 */
export async function withSession<T>(
  { keepAs, ...about }: Omit<Line, 'onQuotedKey'> & { readonly keepAs?: string | undefined },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const quoting = new Set<string>();
  const line: Line = { ...about, onQuotedKey: (toolName) => void quoting.add(toolName) };
  let called = false;
  const conversation = { line, quoting, work, onCall: () => void (called = true) };
  const known = takeKeptConnection(keepAs);
  if (known) {
    try {
      return await converse(known, conversation, keepAs);
    } catch (error) {
      // The session is over there (404), or the server has another version by now. A call that has only read a list can start again.
      if (called || line.deadline.signal.aborted || !isStale(error)) throw error;
    }
  }
  return converse(connectionFor(line), conversation, keepAs);
}

const STALE = new Set(['upstream_malformed', 'upstream_failed', 'upstream_refused']);
const isStale = (error: unknown): boolean => error instanceof AppError && STALE.has(error.code);

async function converse<T>(
  connection: Connection,
  conversation: Conversation<T>,
  keepAs: string | undefined,
): Promise<T> {
  const { line, work } = conversation;
  const { client, transport } = connection;
  connection.current = { line };
  let isKept = false;
  try {
    if (client.transport === undefined) await client.connect(transport, requestOptions(line)());
    const result = await work(sessionOn(connection, conversation));
    if (keepAs !== undefined) {
      keepConnection(keepAs, connection);
      isKept = true;
    }
    return result;
  } catch (error) {
    throw failureOf(error instanceof AppError ? error : (connection.current.first ?? error), line);
  } finally {
    if (!isKept) await closeConnection(connection);
  }
}
