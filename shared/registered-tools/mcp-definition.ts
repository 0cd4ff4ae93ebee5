// A tool as an upstream server lists it, as one of ours.
import * as z from 'zod';

import { canonicalJson } from '#shared/core/canonical-json.ts';
import { AppError } from '#shared/core/errors.ts';
import { faultIn } from '#shared/core/visible-text.ts';
import { differenceOf } from '#shared/tools/difference.ts';
import {
  type Annotations,
  type Definition,
  definitionHash,
  type RegisteredTool,
  UNKNOWN,
} from '#shared/tools/registered.ts';

import { aboutOf, checkDefinition, cleanTexts, unusableReason } from './definition.ts';
import { createRemovals } from './removals.ts';
import { lintSchema } from './schema-lint.ts';

type About = {
  readonly url: string;
  readonly credential: Definition['credential'];
  readonly results?: Definition['results'];
  readonly cache?: Definition['cache'];
  /** Whether it contains the key that it was listed with, which is masked by now. */
  readonly quotesKey: boolean;
};

const MAX_NAME = 128;
const Schema = z.record(z.string(), z.unknown());

/** One entry of a server's list, judged by itself: an odd one harms none of its neighbours. */
const ListedTool = z.object({
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  inputSchema: Schema,
  outputSchema: Schema.optional(),
  annotations: z
    .object({
      title: z.string().optional(),
      readOnlyHint: z.boolean().optional(),
      destructiveHint: z.boolean().optional(),
      idempotentHint: z.boolean().optional(),
      openWorldHint: z.boolean().optional(),
    })
    .optional(),
});
type ListedTool = z.infer<typeof ListedTool>;

const hintsOf = (said: NonNullable<ListedTool['annotations']>): Annotations => ({
  readOnlyHint: said.readOnlyHint ?? UNKNOWN.readOnlyHint,
  destructiveHint: said.destructiveHint ?? UNKNOWN.destructiveHint,
  idempotentHint: said.idempotentHint ?? UNKNOWN.idempotentHint,
  openWorldHint: said.openWorldHint ?? UNKNOWN.openWorldHint,
});

const reject = (path: string, message: string): never => {
  throw new AppError('invalid_input', 'The tool definition is not supported.', {
    issues: [{ path, message }],
  });
};

function listedAs(entry: unknown): ListedTool {
  const parsed = ListedTool.safeParse(entry);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return reject(issue?.path.join('.') || 'entry', 'is missing or has the wrong type');
}

/** As it is said, without what could deceive; its schemas are of known keywords, but not compiled yet. */
function asSaid(entry: unknown, { url, credential, results, cache }: Omit<About, 'quotesKey'>): Definition {
  const { name, annotations = {}, ...tool } = listedAs(entry);
  const fault = name === '' ? 'is empty' : faultIn(name, MAX_NAME);
  if (fault) reject('name', fault);
  const removals = createRemovals();
  const title = tool.title ?? annotations.title ?? name;
  const texts = cleanTexts({ title, description: tool.description ?? name, name }, removals);
  const inputSchema = lintSchema(tool.inputSchema, 'input_schema', removals);
  const outputSchema = tool.outputSchema && lintSchema(tool.outputSchema, 'output_schema', removals);
  return {
    ...texts,
    inputSchema,
    ...(outputSchema && { outputSchema }),
    annotations: hintsOf(annotations),
    examples: [],
    source: { kind: 'mcp', url, upstreamName: name },
    ...aboutOf({ credential, results, cache }),
    ...removals.list(),
  };
}

/** @throws {AppError} `invalid_input` for a tool that cannot be one of ours */
export function mcpDefinition(entry: unknown, about: About): Definition {
  if (about.quotesKey) reject('definition', QUOTES_KEY);
  const definition = asSaid(entry, about);
  checkDefinition(definition, { checkUrl: () => undefined });
  return definition;
}

const QUOTES_KEY = 'contains the key that the upstream was called with';

type Drift = NonNullable<RegisteredTool['drift']>;

/**
 * Changes since the definition was approved. Nothing is kept of a definition that contains the caller's key.
 * @param entry undefined: the upstream lists it no longer
 */
export function driftOf(
  { definition }: RegisteredTool,
  entry: unknown,
  { now, quotesKey }: { readonly now: number; readonly quotesKey: boolean },
): Drift | undefined {
  const at = new Date(now).toISOString();
  if (entry === undefined) return { at, hash: '', changes: [{ path: '', approved: 'listed', now: null }] };
  if (quotesKey) return { at, hash: '', changes: [{ path: '', approved: null, now: QUOTES_KEY }] };
  const { source, credential, results, cache } = definition;
  const about = { url: source.url, credential, results, cache, quotesKey };
  let changes: Drift['changes'] = [];
  try {
    const said = asSaid(entry, about);
    // By text, not by object: a row has no `undefined` and keeps no order.
    if (canonicalJson(said) === canonicalJson(definition)) return undefined;
    changes = differenceOf(definition, said);
    const next = mcpDefinition(entry, about);
    return { at, hash: definitionHash(next), changes, definition: next };
  } catch (error) {
    return { at, hash: '', changes: [{ path: '', approved: null, now: unusableReason(error) }, ...changes] };
  }
}
