// Which calls the response cache serves.
import type { Principal } from '#shared/auth/principal.ts';
import type { CacheLookup, CacheRequest } from '#shared/cache/lookup.ts';
import type { CacheMode } from '#shared/cache/policy.ts';
import type { Deadline } from '#shared/core/deadline.ts';

import type { Tool } from './tool.ts';

/** Port: the response cache. */
export type LookUpResponse = (request: CacheRequest) => Promise<CacheLookup>;

/** The parts of an invocation that decide what is cached for whom. */
export type CachedCall = {
  readonly principal: Principal;
  readonly requestId: string;
  readonly deadline: Deadline;
  readonly cacheMode?: CacheMode | undefined;
};

type Arguments = Parameters<Tool['run']>[0];
type Choice = Pick<CachedCall, 'cacheMode'>;

/** The mode of the request takes precedence over one in the arguments. */
export const cacheModeOf = ({ cache }: Tool, input: Arguments, { cacheMode }: Choice) =>
  cacheMode ?? cache?.modeOf?.(input);

export function wantsCache(tool: Tool, input: Arguments, of: Choice): boolean {
  if (!tool.cache) return false;
  const wanted = cacheModeOf(tool, input, of);
  return wanted === undefined ? tool.cache.isDefault(input) : wanted !== 'off';
}
