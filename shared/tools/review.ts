// Review of a registered tool: the details that its owner may see, and the decisions on it.
import type { Principal } from '#shared/auth/principal.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Write } from '#shared/core/write.ts';

import type { Change } from './difference.ts';
import type { RegisteredTool, RegisteredToolStore, ResultCache } from './registered.ts';
import type { ReviewBody } from './registration.ts';

/** Whether the caller may register shared tools, see them as drafts, review and delete them: admins only. */
export const isRegistrar = ({ roles, scopes }: Principal): boolean =>
  roles.includes('admin') && scopes.includes('admin:write');

/** The caller's own tool of this name, else the shared one, if they may see it. */
export async function findFor(
  principal: Principal,
  name: string,
  store: Pick<RegisteredToolStore, 'find'>,
): Promise<RegisteredTool | undefined> {
  const [own, shared] = await Promise.all([store.find(principal.ownerId, name), store.find('shared', name)]);
  if (own) return own;
  return shared && (shared.state !== 'draft' || isRegistrar(principal)) ? shared : undefined;
}

/** Response of `GET /mcp/tools/{name}`. */
export type ToolDetail = {
  readonly name: string;
  readonly state: RegisteredTool['state'];
  readonly shared: boolean;
  readonly version: number;
  readonly hash: string;
  readonly title: string;
  readonly description: string;
  readonly input_schema: Readonly<Record<string, unknown>>;
  readonly output_schema: Readonly<Record<string, unknown>> | null;
  readonly annotations: Readonly<Record<string, boolean>>;
  readonly examples: readonly Readonly<Record<string, unknown>>[];
  /** Parts removed from the upstream's texts and schemas. */
  readonly removed: readonly string[];
  readonly source: Readonly<Record<string, unknown>>;
  readonly credential: { readonly provider: string; readonly header: string } | null;
  readonly cache: ResultCache | null;
  /** Current upstream definition, compared with the approved one. Activated by its hash; not approvable without. */
  readonly drift: {
    readonly at: string;
    readonly hash: string | null;
    readonly changes: readonly Change[];
  } | null;
  readonly created_at: string;
  readonly updated_at: string;
};

/** A difference may quote an upstream response to one key: not visible to every user who may call a shared tool. */
const maySeeDrift = ({ shared, owner }: RegisteredTool, principal: Principal): boolean =>
  !shared || owner === principal.ownerId || isRegistrar(principal);

export function toToolDetail(stored: RegisteredTool, principal: Principal): ToolDetail {
  const { definition, ...tool } = stored;
  const { credential } = definition;
  const drift = maySeeDrift(stored, principal) ? tool.drift : undefined;
  return {
    name: tool.name,
    state: tool.state,
    shared: tool.shared,
    version: tool.version,
    hash: tool.hash,
    title: definition.title,
    description: definition.description,
    input_schema: definition.inputSchema,
    output_schema: definition.outputSchema ?? null,
    annotations: definition.annotations,
    examples: definition.examples,
    removed: definition.removed ?? [],
    source: definition.source,
    credential: credential ? { provider: `x-${tool.alias}`, header: credential.header } : null,
    cache: definition.cache ?? null,
    drift: drift
      ? { at: drift.at, hash: drift.definition ? drift.hash : null, changes: drift.changes }
      : null,
    created_at: tool.createdAt,
    updated_at: tool.updatedAt,
  };
}

/** Summary of one tool in the response of a registration: there may be many. */
export const toToolSummary = ({ name, state, shared, version, hash, definition }: RegisteredTool) => ({
  name,
  state,
  shared,
  version,
  hash,
  title: definition.title,
  removed: definition.removed ?? [],
  source: definition.source,
});

const SHARED_BY_ADMINS = 'Only an admin can review or delete shared tools.';

/** The tool that the caller decides on: their own, or a shared one if they are an admin. */
async function decided(
  principal: Principal,
  name: string,
  store: Pick<RegisteredToolStore, 'find'>,
): Promise<RegisteredTool> {
  const tool = await findFor(principal, name, store);
  if (!tool) throw new AppError('unknown_tool');
  if (!tool.shared || isRegistrar(principal)) return tool;
  throw new AppError('forbidden', SHARED_BY_ADMINS);
}

function activated(
  { drift, ...tool }: RegisteredTool,
  hash: string,
): Omit<RegisteredTool, 'revision' | 'updatedAt'> {
  if (drift?.definition && drift.hash === hash) {
    return { ...tool, state: 'active', definition: drift.definition, hash, version: tool.version + 1 };
  }
  if (tool.hash === hash) return { ...tool, state: 'active' };
  throw new AppError('conflict', 'The hash does not match the current definition of the tool.', {
    next_step: 'Read the tool again with GET /mcp/tools/{name} and send its current hash.',
  });
}

export type Decided = { readonly tool: RegisteredTool; readonly writes: readonly Write[] };
export type DecidedAlias = { readonly tools: readonly RegisteredTool[]; readonly writes: readonly Write[] };

/** A transaction holds 100 rows, its records among them. */
const MAX_AT_ONCE = 90;

/** The caller's own tools of this alias, else the shared ones, if they may decide on them. */
async function aliasTools(
  principal: Principal,
  alias: string,
  store: Pick<RegisteredToolStore, 'list'>,
): Promise<readonly RegisteredTool[]> {
  const of = (tools: readonly RegisteredTool[]) => tools.filter((tool) => tool.alias === alias);
  const [own, shared] = (await Promise.all([store.list(principal.ownerId), store.list('shared')])).map(of);
  if (own && own.length > 0) return own;
  if (!shared || shared.length === 0) throw new AppError('unknown_tool', 'You have no tools of this alias.');
  if (!isRegistrar(principal)) throw new AppError('forbidden', SHARED_BY_ADMINS);
  return shared;
}

function checkCount(count: number): void {
  if (count <= MAX_AT_ONCE) return;
  throw new AppError('conflict', `At most ${MAX_AT_ONCE} tools can be changed at once.`, {
    next_step: 'Change single tools by their names first.',
  });
}

function namedBy(
  hashes: Readonly<Record<string, string>>,
  tools: readonly RegisteredTool[],
): RegisteredTool[] {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  return Object.keys(hashes).map((name) => {
    const tool = byName.get(name);
    if (tool) return tool;
    throw new AppError('unknown_tool', 'One of the named tools does not exist under this alias.');
  });
}

function given<T>(value: T | undefined, field: 'hash' | 'hashes'): T {
  if (value !== undefined) return value;
  const message =
    field === 'hash' ? 'must be the hash of the tool' : 'must hold the hash of each tool of the alias';
  throw new AppError('invalid_input', undefined, { issues: [{ path: `body.${field}`, message }] });
}

export function createReview({ store, now }: { store: RegisteredToolStore; now: () => number }) {
  const stored = (
    tool: RegisteredTool,
    next: Omit<RegisteredTool, 'revision' | 'updatedAt'>,
  ): RegisteredTool => ({
    ...next,
    revision: tool.revision + 1,
    updatedAt: new Date(now()).toISOString(),
  });
  const decide = (tool: RegisteredTool, hash: string | undefined): RegisteredTool =>
    stored(tool, hash === undefined ? { ...tool, state: 'disabled' } : activated(tool, hash));

  return {
    /** @throws {AppError} `unknown_tool`, `forbidden`, `conflict` where another definition than the named one is stored */
    async review(principal: Principal, name: string, body: ReviewBody): Promise<Decided> {
      const tool = await decided(principal, name, store);
      const written = decide(tool, body.decision === 'activate' ? given(body.hash, 'hash') : undefined);
      return { tool: written, writes: [store.replace(written)] };
    },

    /** All of an alias or none. @throws {AppError} as `review` does */
    async reviewAlias(principal: Principal, alias: string, body: ReviewBody): Promise<DecidedAlias> {
      const all = await aliasTools(principal, alias, store);
      const hashes = body.decision === 'activate' ? given(body.hashes, 'hashes') : {};
      const chosen = body.decision === 'activate' ? namedBy(hashes, all) : all;
      checkCount(chosen.length);
      const tools = chosen.map((tool) => decide(tool, hashes[tool.name]));
      return { tools, writes: tools.map((tool) => store.replace(tool)) };
    },

    /** @throws {AppError} `unknown_tool`, `forbidden` */
    async remove(principal: Principal, name: string): Promise<Decided> {
      const tool = await decided(principal, name, store);
      return { tool, writes: [store.remove(tool)] };
    },

    /** All of an alias. @throws {AppError} `unknown_tool`, `forbidden`, `conflict` where there are too many for one request */
    async removeAlias(principal: Principal, alias: string): Promise<DecidedAlias> {
      const tools = await aliasTools(principal, alias, store);
      checkCount(tools.length);
      return { tools, writes: tools.map((tool) => store.remove(tool)) };
    },
  };
}
