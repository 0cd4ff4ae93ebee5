import { invalidateIn } from '#shared/aws/cache-generations.ts';
import type { ResponseCache } from '#shared/cache/response-cache.ts';
import type { Invalidate } from '#shared/cache/store.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';

const build = async (): Promise<ResponseCache> => (await import('./response-cache.ts')).responseCache();

/** Loaded by the first call that can be cached; a failed attempt is repeated by the next one. */
const cache = /* @__PURE__ */ lazy(() => {
  let building: Promise<ResponseCache> | undefined;
  return () => {
    building ??= build().catch((error: unknown) => {
      building = undefined;
      throw error;
    });
    return building;
  };
});

/** Needs `cache:use`. */
export const lookUpResponse: ResponseCache['lookUp'] = async (request) => (await cache()()).lookUp(request);

/** Needs `cache:invalidate`. Part of the commit of the change itself: no answer from before it is found after it. */
export const invalidateCache: Invalidate = (scope, tags) =>
  invalidateIn({ TableName: env('CACHE_TABLE'), now: Date.now })(scope, tags);
