// Checks for every definition, whatever its source: visible text, bounded schemas, and examples that make a request.
import { AppError } from '#shared/core/errors.ts';
import { cleaned, faultIn } from '#shared/core/visible-text.ts';
import type { Annotations, Definition, JsonSchema } from '#shared/tools/registered.ts';
import type { HttpTool } from '#shared/tools/registration.ts';

import { buildHttpRequest, checkOperation } from './http-operation.ts';
import { resultSchema, STATUS_AND_BODY } from './http-tool.ts';
import { createRemovals, type Removals } from './removals.ts';
import { lintSchema } from './schema-lint.ts';
import { checkSchema, validatorOf } from './validator.ts';

const MAX_DESCRIPTION = 2000;
const MAX_TITLE = 80;
/** Taken out of every call before its tool sees it. */
const OUR_ARGUMENT = 'idempotency_key';

const reject = (path: string, message: string): never => {
  throw new AppError('invalid_input', 'The tool definition is not supported.', {
    issues: [{ path, message }],
  });
};

function checkText(path: string, text: string, maxLength: number): void {
  const fault = faultIn(text, maxLength);
  if (fault) reject(path, fault);
}

/**
 * Texts that the registrant wrote, and can correct; those of an upstream are cleaned instead.
 * @throws {AppError} `invalid_input`
 */
export function checkOwnTexts({ title = '', description }: Pick<HttpTool, 'title' | 'description'>): void {
  checkText('title', title, MAX_TITLE);
  checkText('description', description, MAX_DESCRIPTION);
}

/** Title and description as people and models read them. */
export function cleanTexts(
  { title, description, name }: { title: string; description: string; name: string },
  removals: Removals,
): Pick<Definition, 'title' | 'description'> {
  const shortened = cleaned(title, { maxLength: MAX_TITLE, oneLine: true });
  const long = cleaned(description, { maxLength: MAX_DESCRIPTION });
  removals.add('title', shortened.removed);
  removals.add('description', long.removed);
  return { title: shortened.text || name, description: long.text || name };
}

function checkTexts(value: unknown, path: string): void {
  if (typeof value === 'string') checkText(path, value, MAX_DESCRIPTION);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value)) {
      checkText(path, name, MAX_TITLE * 2);
      checkTexts(one, path);
    }
  }
}

export type DefinitionCheck = { readonly checkUrl: (url: string) => void };

/**
 * Checks a definition whose schemas have passed the lint.
 * @throws {AppError} `invalid_input` naming the field; `egress_refused`
 */
export function checkDefinition(definition: Definition, { checkUrl }: DefinitionCheck): void {
  const { inputSchema, outputSchema, examples, source, credential } = definition;
  checkTexts(examples, 'examples');
  checkSchema(inputSchema, 'input_schema');
  if (outputSchema) checkSchema(outputSchema, 'output_schema');
  if (source.kind === 'http') checkOperation(source, { inputSchema, credential, checkUrl });
  if (Object.hasOwn(inputSchema['properties'] ?? {}, OUR_ARGUMENT))
    reject('input_schema', `has a property ${OUR_ARGUMENT}, which is a reserved argument name`);
  for (const [index, example] of examples.entries()) {
    const [issue] = validatorOf(inputSchema)(example);
    if (issue) reject(`examples.${index}.${issue.path}`, issue.message);
    if (source.kind === 'http') buildHttpRequest(source, example); // the dry run
  }
}

/** Default annotations of each HTTP method, where the registration states none. Hints only: no decision depends on them. */
const HINTS: Readonly<Record<HttpTool['method'], Annotations>> = {
  GET: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  PUT: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  DELETE: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  POST: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  PATCH: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
};

function annotationsOf({ method, annotations }: HttpTool): Annotations {
  const usual = HINTS[method];
  return {
    readOnlyHint: annotations.read_only ?? usual.readOnlyHint,
    destructiveHint: annotations.destructive ?? usual.destructiveHint,
    idempotentHint: annotations.idempotent ?? usual.idempotentHint,
    openWorldHint: annotations.open_world ?? usual.openWorldHint,
  };
}

type Answer = 'as_it_is' | 'result' | 'status_and_body';

/** Results are objects: an answer that is none is put into one. */
function outputDefinition(
  schema: JsonSchema | undefined,
  removals: Removals,
): { answer: Answer; outputSchema: JsonSchema } {
  if (!schema) return { answer: 'status_and_body', outputSchema: STATUS_AND_BODY };
  const isObject = schema['type'] === 'object';
  const outputSchema = lintSchema(isObject ? schema : resultSchema(schema), 'output_schema', removals);
  return { answer: isObject ? 'as_it_is' : 'result', outputSchema };
}

/** Settings of a registration that apply to all its tools. */
export type About = Pick<Definition, 'credential' | 'results' | 'cache'>;

/** Without members that are absent: a definition is compared by its text. */
export const aboutOf = ({ credential, results, cache }: About): About => ({
  ...(credential && { credential }),
  ...(results && { results }),
  ...(cache && { cache }),
});

/** @throws {AppError} `invalid_input` for a schema that is not acceptable */
export function httpDefinition(tool: HttpTool, about: About): Definition {
  const { method, url, parameters, body, name, description, title = name } = tool;
  const { body_format: bodyFormat, body_encoding: bodyEncoding } = tool;
  const removals = createRemovals();
  const texts = cleanTexts({ title, description, name }, removals);
  const inputSchema = lintSchema(tool.input_schema, 'input_schema', removals);
  const { answer, outputSchema } = outputDefinition(tool.output_schema, removals);
  return {
    ...texts,
    inputSchema,
    outputSchema,
    annotations: annotationsOf(tool),
    examples: tool.examples,
    source: {
      kind: 'http',
      method,
      url,
      parameters,
      ...(body !== undefined && { body }),
      ...(bodyFormat && { bodyFormat }),
      ...(bodyEncoding && { bodyEncoding }),
      answer,
    },
    ...aboutOf(about),
    ...removals.list(),
  };
}

/** Reason for leaving a tool out, in our own words. */
export function unusableReason(error: unknown): string {
  if (!(error instanceof AppError) || error.status >= 500) throw error;
  const [issue] = error.details.issues ?? [];
  return issue ? `${issue.path} ${issue.message}` : error.message;
}
