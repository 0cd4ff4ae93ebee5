// Schemas of the routes that register and review tools.
import * as z from 'zod';

import { BodyEncoding, QueryStyle, type ResultCache, ResultCheck } from './registered.ts';

/** Short, for clients put their own name before it; ours, whatever the upstream calls itself. */
const Alias = z.string().regex(/^[a-z][a-z0-9-]{0,11}$/, 'must be 1 to 12 of a-z, 0-9 and -, a letter first');
const JsonObject = z.record(z.string(), z.unknown());
const Url = z.string().min(1).max(2000);
const Name = z.string().min(1).max(128);

const CacheOfResults = z.strictObject({
  scope: z
    .enum(['per_owner', 'public'])
    .optional()
    .describe(
      'Absent: a result is stored for the caller alone. `public`: for all, of shared tools without a credential.',
    ),
  ttl_seconds: z.number().int().min(1).max(86_400),
  max_seconds: z
    .number()
    .int()
    .min(1)
    .max(604_800)
    .optional()
    .describe('Each use renews `ttl_seconds`, up to this age.'),
  stale_seconds: z
    .number()
    .int()
    .min(0)
    .max(604_800)
    .optional()
    .describe('Time afterwards in which a result may answer for an upstream that fails.'),
  ignored_arguments: z
    .array(z.string().min(1).max(128))
    .max(20)
    .optional()
    .describe('Arguments that the result does not depend on.'),
}) satisfies z.ZodType<ResultCache>;

const Source = {
  alias: Alias,
  shared: z.boolean().default(false).describe('For all users; only an admin may set it.'),
  replace: z
    .boolean()
    .default(false)
    .describe(
      'Replaces all tools of the alias: changed ones become drafts again, unchanged ones stay as they are, others are deleted.',
    ),
  credential: z
    .strictObject({
      header: z.string().min(1).max(64).default('authorization'),
      prefix: z.string().max(20).default('Bearer '),
    })
    .optional()
    .describe("The caller's own key of the provider `x-<alias>` is sent in this header."),
  results: ResultCheck.optional().describe(
    'Handling of an answer that deviates from its schema: `validated` fails the call, `as_is`: no check, absent: a note.',
  ),
  cache: CacheOfResults.optional().describe(
    'Results of operations that only read (GET, or `readOnlyHint`) are cached; a call of another one invalidates those of its caller. Absent: never.',
  ),
};

const Hints = z.strictObject({
  read_only: z.boolean().optional(),
  destructive: z.boolean().optional(),
  idempotent: z.boolean().optional(),
  open_world: z.boolean().optional(),
});

const HttpTool = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,34}$/),
  title: z.string().min(1).max(80).optional(),
  description: z.string().min(1).max(2000),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  url: Url,
  parameters: z
    .array(
      z.strictObject({
        name: Name,
        in: z.enum(['path', 'query', 'header']),
        style: QueryStyle.optional(),
        explode: z.boolean().optional(),
      }),
    )
    .max(50)
    .default([]),
  body: Name.optional(),
  body_format: z
    .enum(['form', 'multipart'])
    .optional()
    .describe('`form`: URL-encoded; `multipart`: parts of text and JSON; absent: JSON.'),
  body_encoding: z
    .record(Name, BodyEncoding)
    .optional()
    .describe('Of a form, by member: `json`, or a style of OpenAPI.'),
  input_schema: JsonObject,
  output_schema: JsonObject.optional(),
  annotations: Hints.default({}),
  examples: z.array(JsonObject).max(5).default([]),
});
export type HttpTool = z.infer<typeof HttpTool>;

export const RegisterToolsBody = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('http'), ...Source, tool: HttpTool }),
  z.strictObject({
    kind: z.literal('mcp'),
    ...Source,
    url: Url.describe('An upstream MCP server.'),
    tools: z.array(Name).max(90).optional().describe('Names of the tools that are wanted; absent: all.'),
  }),
  z.strictObject({
    kind: z.literal('openapi'),
    ...Source,
    document: z
      .union([z.string().min(1), JsonObject])
      .optional()
      .describe('An OpenAPI 3 or Swagger 2.0 document, as text or as an object.'),
    url: Url.optional().describe(
      'Where the document is fetched instead; beyond 2 MiB (at most 48) as JSON, with `operations`.',
    ),
    server: Url.optional().describe('Base URL in place of the one in the document.'),
    operations: z
      .array(z.string().min(1).max(300))
      .max(90)
      .optional()
      .describe('Each an operationId or `GET /path`; absent: all.'),
  }),
]);
export type RegisterToolsBody = z.infer<typeof RegisterToolsBody>;

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const MAX_AT_ONCE = 90;

const Hashes = z
  .record(Name, Hash)
  .refine((hashes) => Object.keys(hashes).length > 0, 'must name a tool with its hash')
  .refine((hashes) => Object.keys(hashes).length <= MAX_AT_ONCE, `may name ${MAX_AT_ONCE} tools at once`);

/**
 * Decision on the definition that was reviewed, identified by its hash. For one tool its `hash`; for an alias `hashes`, by
 * the names of its tools, all of which are activated or none. Without a hash all tools of an alias can be disabled.
 */
export const ReviewBody = z.discriminatedUnion('decision', [
  z.strictObject({ decision: z.literal('activate'), hash: Hash.optional(), hashes: Hashes.optional() }),
  z.strictObject({ decision: z.literal('disable') }),
]);
export type ReviewBody = z.infer<typeof ReviewBody>;

/** A tool's name, or an alias. */
export const ToolPath = z.strictObject({ name: z.string().min(1).max(64) });
