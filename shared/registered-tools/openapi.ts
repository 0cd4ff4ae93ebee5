// The operations of an OpenAPI document, each as a tool.
import type { Definition, JsonSchema } from '#shared/tools/registered.ts';
import type { HttpTool } from '#shared/tools/registration.ts';

import { type About, httpDefinition, unusableReason } from './definition.ts';
import { type Body, jsonSchemaIn, requestBodyIn } from './openapi-body.ts';
import { type Convert, followed, isObject, type Json, openApiIn, Unusable } from './openapi-document.ts';
import { type Operation, operationsIn, trimmedText } from './openapi-operations.ts';
import { type Parameter, type Parameters, parametersIn } from './openapi-parameters.ts';
import { Inliner } from './openapi-schema.ts';
import { hasServers, serverOf } from './openapi-server.ts';
import type { ToolCandidate } from './ports.ts';

const BODY = 'body';
const ANSWER_SCHEMA = 'schema of the answer';

/** Schema of the success response. If it is unusable, e.g. too large, the label of the omitted part instead. */
function successSchema(document: Json, { operation }: Operation): JsonSchema | string | undefined {
  const responses = isObject(operation['responses']) ? operation['responses'] : {};
  const code = ['200', '201', '202', '203', '2XX'].find((one) => Object.hasOwn(responses, one));
  if (code === undefined) return undefined;
  const schema = jsonSchemaIn(followed(document, responses[code])['content']);
  if (schema === undefined) return undefined;
  try {
    const inlined = new Inliner(document, 'output').schema(schema);
    return Object.keys(inlined).length > 0 ? inlined : undefined;
  } catch (error) {
    if (error instanceof Unusable) return ANSWER_SCHEMA;
    throw error;
  }
}

function checkPlace({ operation, item }: Operation): void {
  if (hasServers(operation) || hasServers(item))
    throw new Unusable('has servers of its own: register it with kind http');
}

type Read = { readonly tool: HttpTool; readonly omitted: readonly string[] };

function textsOf({ id, operation }: Operation) {
  const summary = trimmedText(operation['summary']);
  const description = [summary, trimmedText(operation['description'])].filter((text) => text).join('\n\n');
  return { name: id, title: summary || id, description: description || id };
}

const without = (schema: Parameter): HttpTool['parameters'][number] => {
  const { schema: _schema, name, in: place, style, explode } = schema;
  return { name, in: place, ...(style && { style }), ...(explode !== undefined && { explode }) };
};

const inputSchemaOf = (
  { parameters, required }: Omit<Parameters, 'omitted'>,
  body: Body | undefined,
): Record<string, unknown> => ({
  type: 'object',
  properties: {
    ...Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
    ...(body && { [BODY]: body.schema }),
  },
  required: [...required, ...(body?.required ? [BODY] : [])],
  additionalProperties: false,
});

const sentAs = ({ format, encoding }: Body) => ({
  body: BODY,
  ...(format && { body_format: format }),
  ...(encoding && { body_encoding: encoding }),
});

function readOperation(document: Json, operation: Operation, server: string): Read {
  const inline = new Inliner(document, 'input');
  const { parameters, required, omitted } = parametersIn(document, operation, inline);
  const given = requestBodyIn(document, operation.operation, inline);
  const body = typeof given === 'string' ? undefined : given;
  if (body && parameters.some(({ name }) => name === BODY))
    throw new Unusable('has an argument that is called body beside its body');
  const answer = successSchema(document, operation);
  const output = typeof answer === 'string' ? undefined : answer;
  const tool: HttpTool = {
    ...textsOf(operation),
    method: operation.method.toUpperCase() as HttpTool['method'],
    url: `${server}${operation.path}`,
    parameters: parameters.map(without),
    ...(body && sentAs(body)),
    input_schema: inputSchemaOf({ parameters, required }, body),
    ...(output && { output_schema: output }),
    annotations: {},
    examples: [],
  };
  const parts = [given, answer].filter((one) => typeof one === 'string');
  return { tool, omitted: [...omitted, ...(body?.omitted ?? []), ...parts] };
}

/** Builds the candidate of an operation; if that fails, without its output schema, which is then listed as omitted. */
function buildCandidate({ tool, omitted }: Read, about: About): ToolCandidate {
  const made = (definition: Definition, left: readonly string[]): ToolCandidate => ({
    upstreamName: tool.name,
    definition,
    ...(left.length > 0 && { omitted: left }),
  });
  try {
    return made(httpDefinition(tool, about), omitted);
  } catch (error) {
    if (!tool.output_schema) throw error;
    return made(httpDefinition({ ...tool, output_schema: undefined }, about), [...omitted, ANSWER_SCHEMA]);
  }
}

const namesOf = ({ id, method, path }: Operation) => [id, `${method.toUpperCase()} ${path}`];

export type Document = {
  readonly text: string;
  /** URL of the document; relative servers are resolved against it. */
  readonly base: string | undefined;
  readonly server: string | undefined;
  readonly about: About;
  /** `operationId`, or `GET /path`; absent: all. */
  readonly wanted: readonly string[] | undefined;
  /** For documents of Swagger 2.0. */
  readonly convert?: Convert | undefined;
};

/** @throws {AppError} `invalid_input` for a document that cannot be read; an operation that cannot is left out, with its reason */
export function documentCandidates({
  text,
  base,
  server,
  about,
  wanted,
  convert,
}: Document): readonly ToolCandidate[] {
  const document = openApiIn(text, convert);
  const at = serverOf(document, { server, base });
  const all = [...operationsIn(document)];
  const chosen = wanted ? all.filter((one) => namesOf(one).some((name) => wanted.includes(name))) : all;
  const known = new Set(all.flatMap(namesOf));
  return [
    ...chosen.map((operation): ToolCandidate => {
      const upstreamName = operation.id;
      try {
        checkPlace(operation);
        return buildCandidate(readOperation(document, operation, at), about);
      } catch (error) {
        if (error instanceof Unusable) return { upstreamName, reason: error.message };
        return { upstreamName, reason: unusableReason(error) };
      }
    }),
    ...(wanted ?? [])
      .filter((name) => !known.has(name))
      .map((upstreamName) => ({ upstreamName, reason: 'is not in the document' })),
  ];
}
