// A tool as an upstream server lists it, as one of ours.
import { canonicalJson } from '#shared/core/canonical-json.ts';
import { AppError } from '#shared/core/errors.ts';
import { differenceOf } from '#shared/tools/difference.ts';
import {
  type Annotations,
  type Definition,
  hashOf,
  type JsonSchema,
  type RegisteredTool,
  UNKNOWN,
} from '#shared/tools/registered.ts';

import { checkDefinition, reasonOf } from './definition.ts';
import type { ListedTool } from './mcp-session.ts';
import { lintSchema } from './schema-lint.ts';

type About = {
  readonly url: string;
  readonly credential: Definition['credential'];
  /** Whether it contains the key that it was listed with, which is masked by now. */
  readonly quotesKey: boolean;
};

/** Would make clients send arguments in headers: not an upstream's to ask for. */
const PARAM_HEADER = 'x-mcp-header';
const withoutHeaders = (schema: unknown): JsonSchema =>
  JSON.parse(JSON.stringify(schema), (name, value: unknown) => (name === PARAM_HEADER ? undefined : value));

const hintsOf = (said: NonNullable<ListedTool['annotations']>): Annotations => ({
  readOnlyHint: said.readOnlyHint ?? UNKNOWN.readOnlyHint,
  destructiveHint: said.destructiveHint ?? UNKNOWN.destructiveHint,
  idempotentHint: said.idempotentHint ?? UNKNOWN.idempotentHint,
  openWorldHint: said.openWorldHint ?? UNKNOWN.openWorldHint,
});

/** As it is said, nothing of it checked. */
function asSaid(tool: ListedTool, { url, credential }: Omit<About, 'quotesKey'>): Definition {
  const { annotations = {} } = tool;
  const { $id: _i, $schema: _s, ...inputSchema } = withoutHeaders(tool.inputSchema);
  const { $id: _oi, $schema: _os, ...outputSchema } = withoutHeaders(tool.outputSchema ?? {});
  return {
    title: tool.title ?? annotations.title ?? tool.name,
    description: tool.description ?? tool.name,
    inputSchema,
    ...(tool.outputSchema && { outputSchema }),
    annotations: hintsOf(annotations),
    examples: [],
    source: { kind: 'mcp', url, upstreamName: tool.name },
    ...(credential && { credential }),
  };
}

/** @throws {AppError} `invalid_input` for a tool that cannot be one of ours */
export function mcpDefinition(tool: ListedTool, about: About): Definition {
  if (about.quotesKey) {
    throw new AppError('invalid_input', 'The tool is not acceptable.', {
      issues: [{ path: 'definition', message: QUOTES_KEY }],
    });
  }
  const definition = asSaid(tool, about);
  lintSchema(tool.inputSchema, 'input_schema');
  if (tool.outputSchema) lintSchema(tool.outputSchema, 'output_schema');
  checkDefinition(definition, { checkUrl: () => undefined });
  return definition;
}

const QUOTES_KEY = 'contains the key that the upstream was called with';

type Drift = NonNullable<RegisteredTool['drift']>;

/**
 * What has changed since it was approved. Nothing is kept of a definition that contains the caller's key.
 * @param listed undefined: the upstream lists it no longer
 */
export function driftOf(
  { definition }: RegisteredTool,
  listed: ListedTool | undefined,
  { now, quotesKey }: { readonly now: number; readonly quotesKey: boolean },
): Drift | undefined {
  const at = new Date(now).toISOString();
  if (!listed) return { at, hash: '', changes: [{ path: '', approved: 'listed', now: null }] };
  if (quotesKey) return { at, hash: '', changes: [{ path: '', approved: null, now: QUOTES_KEY }] };
  const about = { url: definition.source.url, credential: definition.credential, quotesKey };
  const said = asSaid(listed, about);
  // By text, not by object: a row has no `undefined` and keeps no order.
  if (canonicalJson(said) === canonicalJson(definition)) return undefined;
  const changes = differenceOf(definition, said);
  try {
    const next = mcpDefinition(listed, about);
    return { at, hash: hashOf(next), changes, definition: next };
  } catch (error) {
    return { at, hash: '', changes: [{ path: '', approved: null, now: reasonOf(error) }, ...changes] };
  }
}
