// The parameters of an operation: where and how each argument is sent.
import { type JsonSchema, QueryStyle } from '#shared/tools/registered.ts';
import type { HttpTool } from '#shared/tools/registration.ts';

import { mayBeHeader } from './header-names.ts';
import { jsonSchemaIn } from './openapi-body.ts';
import { followed, isObject, type Json, Unusable } from './openapi-document.ts';
import { type Operation, trimmedText } from './openapi-operations.ts';
import type { Inliner } from './openapi-schema.ts';

export type Parameter = HttpTool['parameters'][number] & { readonly schema: JsonSchema };
export type Parameters = {
  readonly parameters: readonly Parameter[];
  readonly required: readonly string[];
  /** Optional parts that cannot be sent. */
  readonly omitted: readonly string[];
};

/** Headers set by the client that sends the request: OpenAPI ignores parameters of these names in a document. */
const IGNORED = /^(?:accept|content-type|authorization)$/i;

type Place = Omit<Parameter, 'name' | 'schema'>;

/** Undefined: in a style that is not supported. */
function queryPlace({ style = 'form', explode }: Json): Place | undefined {
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
function parameterPlace(parameter: Json): Place | undefined {
  const { name, in: place, style = 'simple', content } = parameter;
  if (content !== undefined)
    return place === 'query' && jsonSchemaIn(content) ? { in: place, style: 'json' } : undefined;
  if (place === 'query') return queryPlace(parameter);
  if (style !== 'simple') return undefined;
  if (place === 'path') return { in: place };
  return place === 'header' && mayBeHeader(trimmedText(name)) ? { in: place } : undefined;
}

const parameterLabel = ({ name, in: place }: Json): string =>
  [place, 'argument', name]
    .filter((part) => typeof part === 'string')
    .join(' ')
    .slice(0, 100);

/** A text: what is left out. */
function readParameter(parameter: Json, inline: Inliner): (Parameter & { required: boolean }) | string {
  const { name, content } = parameter;
  const schema = content === undefined ? parameter['schema'] : jsonSchemaIn(content);
  const required = parameter['required'] === true || parameter['in'] === 'path';
  const place = parameterPlace(parameter);
  if (place && isObject(schema) && typeof name === 'string') {
    const description = trimmedText(parameter['description']).slice(0, 300);
    const inlined = inline.schema(schema);
    return { ...place, name, required, schema: description ? { ...inlined, description } : inlined };
  }
  if (required) throw new Unusable(`takes its ${parameterLabel(parameter)} in a way that is not supported`);
  return parameterLabel(parameter);
}

export function parametersIn(document: Json, { item, operation }: Operation, inline: Inliner): Parameters {
  const given = new Map<string, Json>();
  for (const from of [item, operation]) {
    for (const one of Array.isArray(from['parameters']) ? (from['parameters'] as unknown[]) : []) {
      const parameter = followed(document, one);
      if (parameter['in'] === 'header' && IGNORED.test(trimmedText(parameter['name']))) continue;
      given.set(`${String(parameter['in'])} ${String(parameter['name'])}`, parameter);
    }
  }
  const read = [...given.values()].map((one) => readParameter(one, inline));
  const parameters = read.filter((one) => typeof one !== 'string');
  if (new Set(parameters.map(({ name }) => name)).size < parameters.length)
    throw new Unusable('has two arguments of one name');
  return {
    parameters,
    required: parameters.filter((one) => one.required).map(({ name }) => name),
    omitted: read.filter((one) => typeof one === 'string'),
  };
}
