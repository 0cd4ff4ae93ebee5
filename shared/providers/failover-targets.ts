// Providers that may answer instead of one that failed: those that their owner allowed, each with the model that stands for the other.
import { CATALOG } from './catalog.ts';
import type { Preference } from './preference.ts';

export type FailoverTarget = { readonly provider: string; readonly model: string };

export type FailedTarget = {
  readonly provider: string;
  /** As the caller named it, with or without the prefix of its provider; absent: a default. */
  readonly model?: string | undefined;
};

const withoutPrefix = (model: string, provider: string): string =>
  model.toLowerCase().startsWith(`${provider}/`) ? model.slice(provider.length + 1) : model;

/** Without a mapping for the model: the default model of the provider, of the owner or else of the catalogue. */
function modelAt(
  provider: string,
  { failover, default_models: defaults }: Preference,
  model: string | undefined,
): string | undefined {
  const mapped = model === undefined ? undefined : failover?.models?.[provider]?.[model];
  return mapped ?? defaults?.[provider] ?? CATALOG.find(({ id }) => id === provider)?.defaultModel;
}

/** In the owner's order; none unless the owner allowed it. */
export function failoverTargets(
  preference: Preference,
  { provider: failed, model }: FailedTarget,
): FailoverTarget[] {
  const { failover } = preference;
  if (!failover?.allowed) return [];
  const named = model === undefined ? undefined : withoutPrefix(model, failed);
  return failover.providers
    .filter((provider) => provider !== failed)
    .flatMap((provider) => {
      const target = modelAt(provider, preference, named);
      return target ? [{ provider, model: target }] : [];
    });
}
