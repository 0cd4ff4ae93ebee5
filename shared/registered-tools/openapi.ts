// The operations of an OpenAPI document, each as a tool.
import type { Credential, JsonSchema } from '#shared/tools/registered.ts';
import type { HttpTool } from '#shared/tools/registration.ts';

import { httpDefinition, reasonOf } from './definition.ts';
import { mayBeHeader } from './header-names.ts';
import { followed, isObject, type Json, openApiIn, Unusable } from './openapi-document.ts';
import { Inliner } from './openapi-schema.ts';
import { hasServers, serverOf } from './openapi-server.ts';
import type { ToolCandidate } from './ports.ts';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const BODY = 'body';

type Operation = {
  readonly id: string;
  readonly method: (typeof METHODS)[number];
  readonly path: string;
  readonly item: Json;
  readonly operation: Json;
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

function* operationsIn(document: Json): Generator<Operation> {
  const paths = isObject(document['paths']) ? document['paths'] : {};
  for (const [path, item] of Object.entries(paths)) {
    if (!isObject(item)) continue;
    for (const method of METHODS) {
      const operation = item[method];
      if (!isObject(operation)) continue;
      const id = textOf(operation['operationId']) || `${method}${path}`;
      yield { id, method, path, item, operation };
    }
  }
}

type Parameter = {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: JsonSchema;
};
type Given = { readonly parameters: readonly Parameter[]; readonly required: readonly string[] };

const SPLIT = new Set(['spaceDelimited', 'pipeDelimited', 'deepObject']);

function placeOf({ name, in: place }: Json): Parameter['in'] | undefined {
  if (place === 'path' || place === 'query') return place;
  return place === 'header' && mayBeHeader(textOf(name)) ? place : undefined;
}

const isPlain = ({ schema, style, explode }: Json): boolean =>
  isObject(schema) && !SPLIT.has(textOf(style)) && explode !== false;

/** Undefined for one that can be left out and is. */
function parameterOf(parameter: Json, inline: Inliner): (Parameter & { required: boolean }) | undefined {
  const { name, schema } = parameter;
  const required = parameter['required'] === true;
  const place = placeOf(parameter);
  if (place && isPlain(parameter) && typeof name === 'string') {
    const description = textOf(parameter['description']).slice(0, 300);
    const inlined = inline.schema(schema);
    return { name, in: place, required, schema: description ? { ...inlined, description } : inlined };
  }
  if (required) throw new Unusable('takes an argument in a way that is not supported');
  return undefined;
}

function parametersOf(document: Json, { item, operation }: Operation, inline: Inliner): Given {
  const given = new Map<string, Json>();
  for (const from of [item, operation]) {
    for (const one of Array.isArray(from['parameters']) ? (from['parameters'] as unknown[]) : []) {
      const parameter = followed(document, one);
      given.set(`${String(parameter['in'])} ${String(parameter['name'])}`, parameter);
    }
  }
  const parameters = [...given.values()].flatMap((one) => parameterOf(one, inline) ?? []);
  if (new Set(parameters.map(({ name }) => name)).size < parameters.length)
    throw new Unusable('has two arguments of one name');
  const required = parameters.filter((one) => one.required || one.in === 'path').map(({ name }) => name);
  return { parameters, required };
}

function jsonSchemaIn(content: unknown): unknown {
  if (!isObject(content)) return undefined;
  const type = Object.keys(content).find((name) => /^application\/(?:[\w.-]+\+)?json\b/i.test(name));
  const media = type === undefined ? undefined : content[type];
  return isObject(media) ? (media['schema'] ?? {}) : undefined;
}

function bodyOf(document: Json, { operation }: Operation, inline: Inliner) {
  if (operation['requestBody'] === undefined) return undefined;
  const body = followed(document, operation['requestBody']);
  const schema = jsonSchemaIn(body['content']);
  const required = body['required'] === true;
  if (schema !== undefined) return { schema: inline.schema(schema), required };
  if (required) throw new Unusable('takes a body that is not JSON');
  return undefined;
}

/** What is promised for success. A promise that is too large to keep is not made. */
function answerOf(document: Json, { operation }: Operation): JsonSchema | undefined {
  const responses = isObject(operation['responses']) ? operation['responses'] : {};
  const code = ['200', '201', '202', '203', '2XX'].find((one) => Object.hasOwn(responses, one));
  if (code === undefined) return undefined;
  const schema = jsonSchemaIn(followed(document, responses[code])['content']);
  if (schema === undefined) return undefined;
  try {
    const inlined = new Inliner(document, 'output').schema(schema);
    return Object.keys(inlined).length > 0 ? inlined : undefined;
  } catch (error) {
    if (error instanceof Unusable) return undefined;
    throw error;
  }
}

function checkPlace({ operation, item }: Operation): void {
  if (hasServers(operation) || hasServers(item))
    throw new Unusable('has servers of its own: register it with kind http');
}

function toolOf(document: Json, operation: Operation, server: string): HttpTool {
  const inline = new Inliner(document, 'input');
  const { parameters, required } = parametersOf(document, operation, inline);
  const body = bodyOf(document, operation, inline);
  if (body && parameters.some(({ name }) => name === BODY))
    throw new Unusable('has an argument that is called body beside its body');
  const summary = textOf(operation.operation['summary']);
  const description = [summary, textOf(operation.operation['description'])]
    .filter((text) => text)
    .join('\n\n');
  const output = answerOf(document, operation);
  return {
    name: operation.id,
    title: summary || operation.id,
    description: description || operation.id,
    method: operation.method.toUpperCase() as HttpTool['method'],
    url: `${server}${operation.path}`,
    parameters: parameters.map(({ name, in: place }) => ({ name, in: place })),
    ...(body && { body: BODY }),
    input_schema: {
      type: 'object',
      properties: {
        ...Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
        ...(body && { [BODY]: body.schema }),
      },
      required: [...required, ...(body?.required ? [BODY] : [])],
      additionalProperties: false,
    },
    ...(output && { output_schema: output }),
    annotations: {},
    examples: [],
  };
}

/** Whose answers nobody could describe to us is still of use: without a promise. */
function definitionOf(tool: HttpTool, credential: Credential | undefined) {
  try {
    return httpDefinition(tool, credential);
  } catch (error) {
    if (!tool.output_schema) throw error;
    return httpDefinition({ ...tool, output_schema: undefined }, credential);
  }
}

const namesOf = ({ id, method, path }: Operation) => [id, `${method.toUpperCase()} ${path}`];

export type Document = {
  readonly text: string;
  /** Where it came from: relative servers stand on it. */
  readonly base: string | undefined;
  readonly server: string | undefined;
  readonly credential: Credential | undefined;
  /** `operationId`, or `GET /path`; absent: all. */
  readonly wanted: readonly string[] | undefined;
};

/** @throws {AppError} `invalid_input` for a document that cannot be read; an operation that cannot is left out, with its reason */
export function documentCandidates({
  text,
  base,
  server,
  credential,
  wanted,
}: Document): readonly ToolCandidate[] {
  const document = openApiIn(text);
  const at = serverOf(document, { server, base });
  const all = [...operationsIn(document)];
  const chosen = wanted ? all.filter((one) => namesOf(one).some((name) => wanted.includes(name))) : all;
  const known = new Set(all.flatMap(namesOf));
  return [
    ...chosen.map((operation): ToolCandidate => {
      const upstreamName = operation.id;
      try {
        checkPlace(operation);
        return { upstreamName, definition: definitionOf(toolOf(document, operation, at), credential) };
      } catch (error) {
        if (error instanceof Unusable) return { upstreamName, reason: error.message };
        return { upstreamName, reason: reasonOf(error) };
      }
    }),
    ...(wanted ?? [])
      .filter((name) => !known.has(name))
      .map((upstreamName) => ({ upstreamName, reason: 'is not in the document' })),
  ];
}
