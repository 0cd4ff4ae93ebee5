// The MCP servers from npm that are registered as upstreams: how each is started, and what is called.
import { join } from 'node:path';

import type { Client } from './catalogue.ts';
import { folderOf } from './install.ts';

type Call = readonly [name: string, args: Record<string, unknown>, answer: RegExp];
type Place = { readonly port: number; readonly scratch: string };

export type UpstreamServer = Client & {
  /** At most 12 characters; the prefix of its tools. */
  readonly alias: string;
  /** File and arguments of its process. */
  readonly command: (place: Place) => readonly string[];
  readonly environment?: (place: Place) => Record<string, string>;
  /** Names that must be registered, among others. */
  readonly tools: readonly string[];
  readonly call: Call;
  /** The answer names the wrong argument. */
  readonly wrong: Call;
  /** Absent: it has no tool that reports progress. */
  readonly progress?: Call;
};

const GROUP = 'servers';
const installed = (...path: string[]) => join(folderOf(GROUP), 'node_modules', ...path);

const upstream = { kind: 'upstreams', group: GROUP } as const;

export const UPSTREAM_SERVERS: readonly UpstreamServer[] = [
  {
    ...upstream,
    id: 'server-everything',
    module: '@modelcontextprotocol/server-everything',
    title: '`@modelcontextprotocol/server-everything`',
    alias: 'every',
    command: () => [installed('@modelcontextprotocol/server-everything/dist/index.js'), 'streamableHttp'],
    environment: ({ port }) => ({ PORT: String(port) }),
    tools: ['echo', 'get-sum', 'get-structured-content', 'trigger-long-running-operation'],
    call: ['get-sum', { a: 2, b: 3 }, /\b5\b/],
    wrong: ['get-sum', { a: 'two', b: 3 }, /\ba\b/],
    progress: ['trigger-long-running-operation', { duration: 1, steps: 3 }, /completed/],
  },
  {
    ...upstream,
    id: 'fastmcp',
    module: 'fastmcp',
    title: 'a server with `fastmcp`',
    alias: 'words',
    command: ({ port }) => [join(import.meta.dirname, 'servers/fastmcp.mjs'), String(port)],
    tools: ['count_words', 'count_slowly'],
    call: ['count_words', { text: 'one two three' }, /3/],
    wrong: ['count_words', { text: 7 }, /text/],
    progress: ['count_slowly', { text: 'four' }, /4/],
  },
  {
    ...upstream,
    id: 'server-filesystem',
    module: '@modelcontextprotocol/server-filesystem',
    peer: 'mcp-proxy',
    title: '`mcp-proxy` with `@modelcontextprotocol/server-filesystem`',
    alias: 'files',
    command({ port, scratch }) {
      const filesystem = installed('@modelcontextprotocol/server-filesystem/dist/index.js');
      const proxied = [process.execPath, filesystem, scratch];
      const address = ['--host', '127.0.0.1', '--port', String(port)];
      return [installed('mcp-proxy/dist/bin/mcp-proxy.mjs'), ...address, '--', ...proxied];
    },
    tools: ['list_directory', 'read_text_file', 'write_file'],
    call: ['list_allowed_directories', {}, /portunus-upstream/],
    wrong: ['read_text_file', { path: 7 }, /path/],
  },
];
