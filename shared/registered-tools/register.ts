// Registration of tools: checked one by one, written all or none, as drafts that cannot be called.
import type { Principal } from '#shared/auth/principal.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Write } from '#shared/core/write.ts';
import {
  type Definition,
  definitionHash,
  type RegisteredTool,
  type RegisteredToolStore,
  type Shelf,
  toolNameOf,
} from '#shared/tools/registered.ts';
import type { RegisterToolsBody } from '#shared/tools/registration.ts';
import { isRegistrar } from '#shared/tools/review.ts';

import { checkDefinition, unusableReason } from './definition.ts';
import { checkCredential } from './http-operation.ts';
import { toolCandidates, type RegisterCall } from './candidates.ts';
import { lookOf, plainLookOf } from './look-alike.ts';
import type { ToolCandidate, UpstreamPorts } from './ports.ts';
import { prepare } from './validator.ts';
import { within } from './within.ts';

export type Skipped = { readonly name: string; readonly reason: string };
export type Registered = {
  readonly tools: readonly RegisteredTool[];
  readonly skipped: readonly Skipped[];
  /** Names of the tools that a replacement takes away. */
  readonly deleted: readonly string[];
  readonly writes: readonly Write[];
};

/** All of a shelf is read for one list. */
const MAX_TOOLS = 200;
/** A transaction holds 100 rows and 4 MB, its audit record among them. */
const MAX_AT_ONCE = 90;
const MAX_BYTES = 3_500_000;

const rejectRegistration = (message: string, path = 'body.alias'): never => {
  throw new AppError('invalid_input', undefined, { issues: [{ path, message }] });
};

const originOf = ({ source }: Definition): string => new URL(source.url.replaceAll(/[{}]/g, '')).origin;

/** One alias, one origin: a key that is stored for it goes there. */
function assertNoClash(tools: readonly RegisteredTool[], present: readonly RegisteredTool[]): void {
  const looks = new Map(present.map(({ name }) => [plainLookOf(name), name]));
  for (const { name, alias, definition } of tools) {
    const like = looks.get(plainLookOf(name));
    if (like !== undefined) {
      throw new AppError('conflict', 'A tool with this name, or one that looks like it, already exists.', {
        tool_name: like,
      });
    }
    const elsewhere = present.some(
      (one) => one.alias === alias && originOf(one.definition) !== originOf(definition),
    );
    if (elsewhere) rejectRegistration('already belongs to another origin');
  }
}

type Request = { readonly principal: Principal; readonly body: RegisterToolsBody };

function buildDraft(
  { upstreamName, definition }: Extract<ToolCandidate, { definition: Definition }>,
  { principal, body }: Request,
  { now, checkUrl }: RegisterPorts,
): RegisteredTool {
  checkDefinition(definition, { checkUrl });
  const at = new Date(now()).toISOString();
  return {
    fmt: 1,
    name: toolNameOf(body.alias, upstreamName),
    alias: body.alias,
    shared: body.shared,
    owner: principal.ownerId,
    state: 'draft',
    version: 1,
    definition,
    hash: definitionHash(definition),
    createdAt: at,
    updatedAt: at,
    revision: 1,
  };
}

/** One tool that is asked for alone must be right; of many, those that are not are left out, each with its reason. */
function buildDrafts(candidates: readonly ToolCandidate[], request: Request, ports: RegisterPorts) {
  const tools: RegisteredTool[] = [];
  const skipped: Skipped[] = [];
  const skip = ({ upstreamName }: ToolCandidate, reason: string) =>
    void skipped.push({ name: toolNameOf(request.body.alias, upstreamName), reason });
  const looks = new Set<string>();
  for (const one of candidates) {
    if ('reason' in one) {
      skip(one, one.reason);
      continue;
    }
    try {
      const draft = buildDraft(one, request, ports);
      const look = plainLookOf(draft.name);
      if (looks.has(look)) skip(one, 'has a name that looks like that of another');
      else {
        tools.push(draft);
        if (one.omitted) skip(one, `is registered without its ${one.omitted.join(', ')}`);
      }
      looks.add(look);
    } catch (error) {
      if (request.body.kind === 'http') throw error;
      skip(one, unusableReason(error));
    }
  }
  return { tools, skipped };
}

type Site = { readonly shelf: Shelf; readonly alias: string; readonly replace: boolean };

/** Inserts what is new, replaces what has changed, keeps what has not, and deletes the rest of what is replaced. */
function changesOf(
  { tools, present }: { tools: readonly RegisteredTool[]; present: readonly RegisteredTool[] },
  store: RegisteredToolStore,
) {
  const before = new Map(present.map((tool) => [tool.name, tool]));
  const deleted = present.filter(({ name }) => !tools.some((tool) => tool.name === name));
  const changed = tools.map((tool): { tool: RegisteredTool; writes: readonly Write[] } => {
    const old = before.get(tool.name);
    if (!old) return { tool, writes: [store.insert(tool)] };
    if (old.hash === tool.hash) return { tool: old, writes: [] };
    const next = { ...tool, createdAt: old.createdAt, version: old.version + 1, revision: old.revision + 1 };
    return { tool: next, writes: [store.replace(next)] };
  });
  return {
    tools: changed.map(({ tool }) => tool),
    deleted: deleted.map(({ name }) => name),
    writes: [...changed.flatMap(({ writes }) => writes), ...deleted.map((tool) => store.remove(tool))],
  };
}

export type RegisterPorts = {
  readonly store: RegisteredToolStore;
  readonly now: () => number;
  readonly checkUrl: (url: string) => void;
  readonly upstream: UpstreamPorts;
  /** Looks of the names of our own tools, of providers and of ourselves: no alias may pass for one. */
  readonly reserved: ReadonlySet<string>;
};

/** Owners of the tools and of their cached results: results cannot belong to more owners than the tools. */
function assertScope(body: RegisterToolsBody, principal: Principal): void {
  if (body.shared && !isRegistrar(principal)) {
    throw new AppError('forbidden', 'Only an admin can register shared tools.', {
      next_step: 'Omit shared, or ask an admin to register the tool.',
    });
  }
  if (body.cache?.scope === 'public' && (!body.shared || body.credential))
    rejectRegistration('can be public for shared tools without a credential alone', 'body.cache.scope');
}

/**
 * @returns nothing is stored until the writes are committed
 * @throws {AppError} `invalid_input` naming the field, `forbidden`, `conflict`, `egress_refused`
 */
export function createRegister(ports: RegisterPorts) {
  const { store, reserved } = ports;

  /** @returns the tools that a replacement replaces */
  async function assertAliasFree(
    tools: readonly RegisteredTool[],
    site: Site,
  ): Promise<readonly RegisteredTool[]> {
    const { shelf, alias, replace } = site;
    const [all, shared] = await Promise.all([
      store.list(shelf),
      shelf === 'shared' ? [] : store.list('shared'),
    ]);
    const replaced = replace ? all.filter((tool) => tool.alias === alias) : [];
    const own = all.filter((tool) => !replaced.includes(tool));
    if (shared.some((tool) => lookOf(tool.alias) === lookOf(alias)))
      rejectRegistration('is already used by shared tools');
    if (own.some((tool) => tool.alias !== alias && lookOf(tool.alias) === lookOf(alias)))
      rejectRegistration('looks like another alias; choose a distinguishable one');
    if (own.length + tools.length > MAX_TOOLS) {
      throw new AppError('conflict', `At most ${MAX_TOOLS} tools can be registered.`, {
        next_step: 'Delete some with DELETE /mcp/tools/{name}.',
      });
    }
    assertNoClash(tools, own);
    return replaced;
  }

  return async (body: RegisterToolsBody, caller: RegisterCall): Promise<Registered> => {
    const { principal } = caller;
    assertScope(body, principal);
    if (reserved.has(lookOf(body.alias)))
      rejectRegistration('is a reserved name or the name of a provider, or looks like one');
    if (body.credential) checkCredential(body.credential);
    prepare();
    const candidates = await toolCandidates(body, caller, ports);
    const { tools, skipped } = within(caller.deadline, () =>
      buildDrafts(candidates, { principal, body }, ports),
    );
    if (body.replace && tools.length === 0)
      rejectRegistration('is replaced by no usable tool; delete it with DELETE /mcp/tools/{alias}');
    if (JSON.stringify(tools).length > MAX_BYTES)
      rejectRegistration('is too large; select fewer tools', 'body');
    const { alias, replace } = body;
    const shelf = body.shared ? 'shared' : principal.ownerId;
    const present = await assertAliasFree(tools, { shelf, alias, replace });
    const { writes, ...changed } = changesOf({ tools, present }, store);
    if (Math.max(tools.length, writes.length) > MAX_AT_ONCE)
      rejectRegistration(`has more than ${MAX_AT_ONCE} tools; select the tools to register`, 'body');
    return { ...changed, skipped, writes };
  };
}
