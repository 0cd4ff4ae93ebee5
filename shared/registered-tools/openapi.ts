// The operations of an OpenAPI document, each as a tool.
import { type Definition, type JsonSchema, QueryStyle } from '#shared/tools/registered.ts';
import type { HttpTool } from '#shared/tools/registration.ts';

import { type About, httpDefinition, reasonOf } from './definition.ts';
import { mayBeHeader } from './header-names.ts';
import { type Body, bodyOf, jsonSchemaIn } from './openapi-body.ts';
import { type Convert, followed, isObject, type Json, openApiIn, Unusable } from './openapi-document.ts';
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

type Parameter = HttpTool['parameters'][number] & { readonly schema: JsonSchema };
type Given = {
  readonly parameters: readonly Parameter[];
  readonly required: readonly string[];
  /** Optional parts that cannot be sent. */
  readonly omitted: readonly string[];
};

/** Headers set by the client that sends the request: OpenAPI ignores parameters of these names in a document. */
const IGNORED = /^(?:accept|content-type|authorization)$/i;

type Place = Omit<Parameter, 'name' | 'schema'>;

/** Undefined: in a style that is not supported. */
function queryPlaceOf({ style = 'form', explode }: Json): Place | undefined {
  const known = QueryStyle.exclude(['json']).safeParse(style);
  if (!known.success) return undefined;
  const isForm = known.data === 'form';
  return {
    in: 'query',
    ...(!isForm && { style: known.data }),
    ...(typeof explode === 'boolean' && explode !== isForm && { explode }),
  };
}

/** Location and serialization of a parameter; undefined: not supported. */
function placeOf(parameter: Json): Place | undefined {
  const { name, in: place, style = 'simple', content } = parameter;
  if (content !== undefined)
    return place === 'query' && jsonSchemaIn(content) ? { in: place, style: 'json' } : undefined;
  if (place === 'query') return queryPlaceOf(parameter);
  if (style !== 'simple') return undefined;
  if (place === 'path') return { in: place };
  return place === 'header' && mayBeHeader(textOf(name)) ? { in: place } : undefined;
}

const labelOf = ({ name, in: place }: Json): string =>
  [place, 'argument', name]
    .filter((part) => typeof part === 'string')
    .join(' ')
    .slice(0, 100);

/** A text: what is left out. */
function parameterOf(parameter: Json, inline: Inliner): (Parameter & { required: boolean }) | string {
  const { name, content } = parameter;
  const schema = content === undefined ? parameter['schema'] : jsonSchemaIn(content);
  const required = parameter['required'] === true || parameter['in'] === 'path';
  const place = placeOf(parameter);
  if (place && isObject(schema) && typeof name === 'string') {
    const description = textOf(parameter['description']).slice(0, 300);
    const inlined = inline.schema(schema);
    return { ...place, name, required, schema: description ? { ...inlined, description } : inlined };
  }
  if (required) throw new Unusable(`takes its ${labelOf(parameter)} in a way that is not supported`);
  return labelOf(parameter);
}

function parametersOf(document: Json, { item, operation }: Operation, inline: Inliner): Given {
  const given = new Map<string, Json>();
  for (const from of [item, operation]) {
    for (const one of Array.isArray(from['parameters']) ? (from['parameters'] as unknown[]) : []) {
      const parameter = followed(document, one);
      if (parameter['in'] === 'header' && IGNORED.test(textOf(parameter['name']))) continue;
      given.set(`${String(parameter['in'])} ${String(parameter['name'])}`, parameter);
    }
  }
  const read = [...given.values()].map((one) => parameterOf(one, inline));
  const parameters = read.filter((one) => typeof one !== 'string');
  if (new Set(parameters.map(({ name }) => name)).size < parameters.length)
    throw new Unusable('has two arguments of one name');
  return {
    parameters,
    required: parameters.filter((one) => one.required).map(({ name }) => name),
    omitted: read.filter((one) => typeof one === 'string'),
  };
}

const ANSWER_SCHEMA = 'schema of the answer';

/** Schema of the success response. If it is unusable, e.g. too large, the label of the omitted part instead. */
function answerOf(document: Json, { operation }: Operation): JsonSchema | string | undefined {
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
  const summary = textOf(operation['summary']);
  const description = [summary, textOf(operation['description'])].filter((text) => text).join('\n\n');
  return { name: id, title: summary || id, description: description || id };
}

const without = (schema: Parameter): HttpTool['parameters'][number] => {
  const { schema: _schema, name, in: place, style, explode } = schema;
  return { name, in: place, ...(style && { style }), ...(explode !== undefined && { explode }) };
};

const inputSchemaOf = (
  { parameters, required }: Omit<Given, 'omitted'>,
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

function toolOf(document: Json, operation: Operation, server: string): Read {
  const inline = new Inliner(document, 'input');
  const { parameters, required, omitted } = parametersOf(document, operation, inline);
  const given = bodyOf(document, operation.operation, inline);
  const body = typeof given === 'string' ? undefined : given;
  if (body && parameters.some(({ name }) => name === BODY))
    throw new Unusable('has an argument that is called body beside its body');
  const answer = answerOf(document, operation);
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
function candidateOf({ tool, omitted }: Read, about: About): ToolCandidate {
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
        return candidateOf(toolOf(document, operation, at), about);
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
