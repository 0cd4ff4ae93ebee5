import type { UpstreamGuard } from '#shared/resilience/upstream.ts';

/** Calls without circuit breakers and retries. */
export const UNGUARDED: UpstreamGuard = {
  prefetch: async () => {},
  breakers: async () => [],
  run: (_target, _call, work) => work((request) => request()),
};
