// Where a call names no provider or no model: what its owner prefers.
import type { Uid } from '#shared/core/ids.ts';

import type { Completions } from './completions.ts';

export type Defaults = {
  readonly provider?: string | undefined;
  /** By provider. */
  readonly models: Readonly<Record<string, string>>;
};

const MAX_KEPT = 1000;

/** Keeps what was read for so long: a change of preferences is followed within this time. */
export function cachedDefaults(
  read: (owner: Uid) => Promise<Defaults>,
  { keepMs, now }: { keepMs: number; now: () => number },
): (owner: Uid) => Promise<Defaults> {
  const kept = new Map<Uid, { defaults: Defaults; until: number }>();
  return async (owner) => {
    const held = kept.get(owner);
    if (held && held.until > now()) return held.defaults;
    const defaults = await read(owner);
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(owner, { defaults, until: now() + keepMs });
    return defaults;
  };
}

export const withDefaults = (
  completions: Completions,
  defaultsOf: (owner: Uid) => Promise<Defaults>,
): Completions => ({
  ...completions,
  async chat(request, call) {
    if (request.provider !== undefined && request.model !== undefined) return completions.chat(request, call);
    const { provider, models } = await defaultsOf(call.owner);
    return completions.chat(
      { ...request, provider: request.provider ?? provider, defaultModels: models },
      call,
    );
  },
});
