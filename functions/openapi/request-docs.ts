// Parameters and bodies of the routes in the API description.
import * as z from 'zod';

import { type Route, type RouteName } from '#functions/routes.ts';
import { requestSchemas } from '#functions/schemas.ts';
import { LeakReportBody } from '#shared/exposure/leak-report.ts';
import { chatCompletions } from '#shared/tools/builtin/chat-completions.ts';
import { embeddings } from '#shared/tools/builtin/embeddings.ts';
import { messages } from '#shared/tools/builtin/messages.ts';
import { responses } from '#shared/tools/builtin/responses.ts';

import { type Json, propertiesOf, type SchemaWriter } from './schema-writer.ts';

const MessagesBody = messages.input.shape.body;

/** JSON-RPC 2.0, as the MCP specification defines it. */
const McpMessage = z
  .looseObject({
    jsonrpc: z.literal('2.0'),
    method: z.string(),
    id: z.union([z.string(), z.number()]).optional(),
    params: z.record(z.string(), z.unknown()).optional(),
  })
  .describe('A message of the Model Context Protocol');

/** Bodies that the gateway does not check: parsed on the invoke path, or after their signature was verified. */
const PROTOCOL_BODIES: Partial<Record<RouteName, z.ZodType>> = {
  mcp: McpMessage,
  completions: chatCompletions.input,
  embeddings: embeddings.input,
  responses: responses.input,
  messages: MessagesBody,
  'messages-count': MessagesBody.partial({ max_tokens: true }),
  'leak-reports': LeakReportBody,
};

const IDEMPOTENCY_KEY: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Makes the request safe to repeat within 24 hours.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};
const STRICT: Json = {
  name: 'x-portunus-strict',
  in: 'header',
  required: false,
  description:
    '`true`: a field that the provider cannot express rejects the request. Otherwise `x-portunus-dropped` names it.',
  schema: { type: 'string', enum: ['true', 'false'] },
};
const PROTOCOL_VERSION: Json = {
  name: 'MCP-Protocol-Version',
  in: 'header',
  required: false,
  description: 'Revision of the protocol, after the initialization.',
  schema: { type: 'string' },
};

const takesIdempotencyKey = ({ kind, name }: Route): boolean =>
  kind === 'write' || (kind === 'call' && name !== 'mcp' && name !== 'messages-count');

function headerDocs(row: Route): Json[] {
  return [
    ...(takesIdempotencyKey(row) ? [IDEMPOTENCY_KEY] : []),
    ...(row.kind === 'call' && row.path.startsWith('/v1/') ? [STRICT] : []),
    ...(row.name === 'mcp' ? [PROTOCOL_VERSION] : []),
  ];
}

/** Path parameters without a schema of their own are any text. */
const pathNames = (path: string): string[] =>
  [...path.matchAll(/\{(\w+)\+?\}/g)].map(([, name = '']) => name);

const parameter = (
  place: 'path' | 'query',
  { name, schema, required }: ReturnType<typeof propertiesOf>[number],
): Json => {
  const { description, ...rest } = schema;
  return {
    name,
    in: place,
    required: place === 'path' || (required && !('default' in rest)),
    ...(description !== undefined && { description }),
    schema: rest,
  };
};

export function parametersOf(row: Route): Json[] {
  const { path, query } = requestSchemas[row.name as RouteName] ?? {};
  const described = path ? propertiesOf(path) : [];
  const inPath = pathNames(row.path).map(
    (name) =>
      described.find((one) => one.name === name) ?? { name, schema: { type: 'string' }, required: true },
  );
  return [
    ...inPath.map((one) => parameter('path', one)),
    ...(query ? propertiesOf(query) : []).map((one) => parameter('query', one)),
    ...headerDocs(row),
  ];
}

export function requestBodyOf(row: Route, write: SchemaWriter): Json | undefined {
  const name = row.name as RouteName;
  const body = requestSchemas[name]?.body ?? PROTOCOL_BODIES[name];
  if (!body) return undefined;
  const schema = write(body, { io: 'input', name: `${name}-request` });
  return { required: true, content: { 'application/json': { schema } } };
}
