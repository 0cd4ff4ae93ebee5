// Cached results of registered tools: which are stored, for whom, and which calls invalidate them.
import type { CachePolicy, CacheTag } from '#shared/cache/policy.ts';
import { PUBLIC_SCOPE } from '#shared/cache/store.ts';
import type { Write } from '#shared/core/write.ts';
import type { RegisteredTool } from '#shared/tools/registered.ts';
import type { Done } from '#shared/tools/tool.ts';

import type { UpstreamPorts } from './ports.ts';

type Arguments = Readonly<Record<string, unknown>>;

const tagOf = ({ alias }: RegisteredTool): CacheTag => `alias:${alias}`;

/** Undefined: the results of the tool are not cached. A tool that is not active answers no call, not from the cache either. */
export function cachePolicy(tool: RegisteredTool): CachePolicy<Arguments> | undefined {
  const { cache, annotations, credential } = tool.definition;
  if (!cache || !annotations.readOnlyHint || tool.state !== 'active') return undefined;
  const { ttl_seconds: ttlSeconds, max_seconds: maxSeconds, stale_seconds: staleSeconds = 0 } = cache;
  const ignored = new Set(cache.ignored_arguments);
  return {
    scope: cache.scope === 'public' ? 'public' : 'owner',
    ttlSeconds,
    ...(maxSeconds !== undefined && { maxSeconds }),
    staleSeconds,
    tags: [tagOf(tool), ...(credential ? (['keys'] as const) : [])],
    isDefault: () => true,
    keyOf: (args) => Object.fromEntries(Object.entries(args).filter(([name]) => !ignored.has(name))),
  };
}

type Invalidation = Pick<UpstreamPorts, 'invalidateCache' | 'commit'>;

/**
 * A call that may change data of its upstream: the cached results of the alias become invalid with its outcome. Also if it
 * fails, for it may have taken effect.
 */
export async function invalidating<Out>(
  tool: RegisteredTool,
  ownerId: string,
  { ports, run }: { readonly ports: Invalidation; readonly run: () => Promise<Done<Out>> },
): Promise<Done<Out>> {
  const { cache, annotations } = tool.definition;
  if (!cache || annotations.readOnlyHint) return run();
  const scopes = tool.shared ? [ownerId, PUBLIC_SCOPE] : [ownerId];
  const writes = (): Write[] => scopes.map((scope) => ports.invalidateCache(scope, [tagOf(tool)]));
  try {
    const done = await run();
    return { ...done, writes: [...(done.writes ?? []), ...writes()] };
  } catch (error) {
    await ports.commit(writes());
    throw error;
  }
}
