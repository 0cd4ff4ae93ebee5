// OpenAPI 3.1 document of all routes, made of the route table and its schemas. The bundler evaluates this module
// (scripts/evaluated-modules.ts): the deployed function contains its text and none of its imports.
import { readFileSync } from 'node:fs';

import { type Route, type RouteName, routes } from '#functions/routes.ts';

import { errorResponses } from './error-responses.ts';
import { parametersOf, requestBodyOf } from './request-docs.ts';
import { responses } from './responses.ts';
import { routeDocs, TAGS } from './route-docs.ts';
import { createSchemaWriter, type Json, type SchemaWriter } from './schema-writer.ts';

const introduction = readFileSync(new URL('introduction.md', import.meta.url), 'utf8');

const isProviderApi = ({ path }: Pick<Route, 'path'>): boolean => path.startsWith('/v1/');

/** A greedy parameter, `{id+}`, is one that API Gateway alone knows. */
const openApiPath = (path: string): string => path.replace('+}', '}');

/** The one route for any method is MCP's, which serves POST and answers the others with 405. */
const methodOf = (method: string): string => (method === 'ANY' ? 'post' : method.toLowerCase());

function securityOf(row: Route): Json[] {
  if (row.kind === 'public') return [];
  const schemes = isProviderApi(row) ? ['bearer', 'api_key'] : ['bearer'];
  return schemes.map((scheme) => ({ [scheme]: [row.scope] }));
}

function answersOf(row: Route, name: RouteName, write: SchemaWriter): Json {
  const { status = 200, body, media = 'application/json' } = responses[name];
  const schema = write(body, { io: 'output', name: `${name}-response` });
  const content: Record<string, Json> = { [media]: { schema } };
  if (row.streaming) content['text/event-stream'] = { schema: { type: 'string' } };
  const description = status === 201 ? 'Created.' : 'Success.';
  const incomplete = { description: 'Incomplete: send the request again.', content };
  return {
    [status]: { description, content },
    ...(name === 'account-erase' && { 202: incomplete }),
    ...errorResponses.of(row),
  };
}

function operationOf(row: Route, write: SchemaWriter): Json {
  const name = row.name as RouteName;
  const { tag, summary, description } = routeDocs[name];
  const parameters = parametersOf(row);
  const requestBody = requestBodyOf(row, write);
  return {
    operationId: name,
    tags: [tag],
    summary,
    ...(description && { description }),
    security: securityOf(row),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && { requestBody }),
    responses: answersOf(row, name, write),
  };
}

function pathsOf(write: SchemaWriter): Json {
  const paths: Record<string, Json> = {};
  for (const row of routes as readonly Route[]) {
    const operation = operationOf(row, write);
    const path = openApiPath(row.path);
    paths[path] = { ...paths[path], [methodOf(row.method)]: operation };
    for (const alias of row.aliases ?? []) {
      if (alias.method !== 'GET') continue;
      const operationId = `${row.name}-at-root`;
      paths[alias.path] = { ...paths[alias.path], get: { ...operation, operationId } };
    }
  }
  return paths;
}

const SECURITY: Json = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An access token, or a personal access token (`ptn_…`). The issuers stand in `/.well-known/oauth-protected-resource/mcp`. The names beside a route are the scopes that the token needs.',
  },
  api_key: {
    type: 'apiKey',
    in: 'header',
    name: 'x-api-key',
    description: 'The same tokens, as clients of AI providers send them.',
  },
};

function buildDocument() {
  const { write, schemas } = createSchemaWriter();
  const paths = pathsOf(write);
  const errors = errorResponses.components(routes, write);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Portunus',
      summary: 'MCP gateway with an API-key vault',
      version: '1',
      description: introduction,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '.' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: SECURITY,
      responses: errors,
      schemas: Object.fromEntries(
        Object.entries(schemas).toSorted(([one], [other]) => (one < other ? -1 : 1)),
      ),
    },
  };
}

/** Without the address of the stage. */
export const document = buildDocument();
