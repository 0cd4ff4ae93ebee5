// A tool that was registered at run time, and the rows it lives in.
import { createHash } from 'node:crypto';
import * as z from 'zod';

import { canonicalJson } from '#shared/core/canonical-json.ts';
import { OwnerId } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';

import { Change } from './difference.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;
const JsonSchema = z.record(z.string(), z.unknown());

const Annotations = z.object({
  readOnlyHint: z.boolean(),
  destructiveHint: z.boolean(),
  idempotentHint: z.boolean(),
  openWorldHint: z.boolean(),
});
export type Annotations = z.infer<typeof Annotations>;

/** Unverified hints are ignored: an unknown tool counts as the most dangerous kind. */
export const UNKNOWN: Annotations = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: true,
};

export const QueryStyle = z.enum(['form', 'spaceDelimited', 'pipeDelimited', 'deepObject', 'json']);
export type QueryStyle = z.infer<typeof QueryStyle>;

/** Serialization of one member of a form; absent members as OpenAPI writes them by default. */
export const BodyEncoding = z.object({
  /** As JSON text. */
  json: z.boolean().optional(),
  style: QueryStyle.exclude(['json']).optional(),
  explode: z.boolean().optional(),
});
export type BodyEncoding = z.infer<typeof BodyEncoding>;

const HttpOperation = z.object({
  kind: z.literal('http'),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  /** Absolute; `{name}` in its path stands for an argument. */
  url: z.string(),
  /** Arguments that travel beside the body. */
  parameters: z.array(
    z.object({
      name: z.string(),
      in: z.enum(['path', 'query', 'header']),
      /** Serialization of a list or an object in the query, as OpenAPI names it; absent: `form`. */
      style: QueryStyle.optional(),
      explode: z.boolean().optional(),
    }),
  ),
  /** The argument that is the JSON body; `*`: all that are no parameters, as an object. Absent: no body. */
  body: z.string().optional(),
  /** Absent: JSON. */
  bodyFormat: z.enum(['form', 'multipart']).optional(),
  /** Encodings of a form, by member. */
  bodyEncoding: z.record(z.string(), BodyEncoding).optional(),
  /**
   * Mapping of the answer to the result, which is an object: as it is, as `{result}` if it is not an object, or as
   * `{status, body}` if it has no described schema.
   */
  answer: z.enum(['as_it_is', 'result', 'status_and_body']),
});
export type HttpOperation = z.infer<typeof HttpOperation>;

const McpTool = z.object({ kind: z.literal('mcp'), url: z.string(), upstreamName: z.string() });
export type McpTool = z.infer<typeof McpTool>;

/** Header and prefix in which the caller's own stored key of the provider `x-<alias>` is sent to the upstream. */
const Credential = z.object({ header: z.string(), prefix: z.string() });
export type Credential = z.infer<typeof Credential>;

/**
 * Handling of an answer that deviates from its schema. `validated`: the call fails. `as_is`: nothing is checked.
 * Absent: the result is returned with a note of each deviation.
 */
export const ResultCheck = z.enum(['validated', 'as_is']);
export type ResultCheck = z.infer<typeof ResultCheck>;

/**
 * Caching of the results of operations that only read: of HTTP tools with GET, of others with `readOnlyHint`. A call of another
 * operation of the alias that has this too invalidates them.
 */
export const ResultCache = z.object({
  scope: z.enum(['per_owner', 'public']).optional(),
  ttl_seconds: z.number(),
  max_seconds: z.number().optional(),
  stale_seconds: z.number().optional(),
  ignored_arguments: z.array(z.string()).optional(),
});
export type ResultCache = z.infer<typeof ResultCache>;

/** Definition that a reviewer approves by its hash: any change requires a new approval. */
export const Definition = z.object({
  title: z.string(),
  description: z.string(),
  inputSchema: JsonSchema,
  /** Absent: an upstream server's content blocks. */
  outputSchema: JsonSchema.optional(),
  annotations: Annotations,
  examples: z.array(JsonSchema),
  source: z.discriminatedUnion('kind', [HttpOperation, McpTool]),
  credential: Credential.optional(),
  results: ResultCheck.optional(),
  /** Absent: no result is cached. */
  cache: ResultCache.optional(),
  /** Parts removed from its texts and schemas, for the reviewer; absent: none. */
  removed: z.array(z.string()).optional(),
});
export type Definition = z.infer<typeof Definition>;

const STATES = ['draft', 'active', 'disabled', 'quarantined'] as const;

export const RegisteredTool = z.object({
  fmt: z.literal(1),
  name: z.string(),
  alias: z.string(),
  /** True: every user may call it. False: only the user who registered it can see it. */
  shared: z.boolean(),
  owner: OwnerId,
  state: z.enum(STATES),
  /** Counts the definitions it has had. */
  version: z.number().int().positive(),
  definition: Definition,
  /** Pinned: of the definition. */
  hash: z.string(),
  /** Current definition at the upstream, if it differs. Without `definition` it can be viewed but not approved. */
  drift: z
    .object({
      at: z.iso.datetime(),
      hash: z.string(),
      changes: z.array(Change),
      definition: Definition.optional(),
    })
    .optional(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** Counts the writes to the row. */
  revision: z.number().int().positive(),
});
export type RegisteredTool = z.infer<typeof RegisteredTool>;

/** SHA-256 over RFC 8785 JSON. */
export const definitionHash = (definition: Definition): string =>
  createHash('sha256').update(canonicalJson(definition)).digest('hex');

/** Registry of tools: one user's own, or the one shared by all users. */
export type Shelf = OwnerId | 'shared';

/** Port. Reads are strongly consistent: a tool that was disabled is rejected on the very next call. */
export type RegisteredToolStore = {
  readonly find: (shelf: Shelf, name: string) => Promise<RegisteredTool | undefined>;
  readonly list: (shelf: Shelf) => Promise<RegisteredTool[]>;
  /** Rejected with `conflict` when the name is taken. */
  readonly insert: (tool: RegisteredTool) => Write;
  /** Rejected with `conflict` unless the stored row is at `tool.revision - 1`. */
  readonly replace: (tool: RegisteredTool) => Write;
  readonly remove: (tool: RegisteredTool) => Write;
};

export const shelfOf = ({ shared, owner }: Pick<RegisteredTool, 'shared' | 'owner'>): Shelf =>
  shared ? 'shared' : owner;

/** A registered tool has a namespace: `<alias>__<tool>`. No tool of ours is called so. */
export const isRegisteredName = (name: string): boolean =>
  /^[a-z][a-z0-9-]{0,11}__[A-Za-z0-9_-]+$/.test(name);

const MAX_NAME = 48;
const HASH_LENGTH = 6;

/**
 * The name it is called by here. Names of upstreams may be long or hold what clients do not take: those get a hash.
 * The alias is ours, never taken from the upstream; the name is not split again.
 */
export function toolNameOf(alias: string, upstreamName: string): string {
  const plain = upstreamName.replaceAll(/[^A-Za-z0-9_-]/g, '_');
  const name = `${alias}__${plain}`;
  if (plain === upstreamName && plain !== '' && name.length <= MAX_NAME) return name;
  const hash = createHash('sha256').update(upstreamName).digest('hex').slice(0, HASH_LENGTH);
  return `${name.slice(0, MAX_NAME - HASH_LENGTH - 1)}_${hash}`;
}
