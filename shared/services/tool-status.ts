import { CATALOG } from '#shared/providers/catalog.ts';
import { availabilityOf, PROVIDERS } from '#shared/resilience/availability.ts';
import type { UpstreamGuard } from '#shared/resilience/upstream.ts';
import type { ProviderOrigins } from '#shared/providers/origins.ts';
import type { StatusPorts } from '#shared/tools/builtin/status-ports.ts';
import { type KeyStore, toKeySummary } from '#shared/vault/stored-key.ts';

type Ports = {
  readonly keys: Pick<KeyStore, 'list'>;
  readonly origins: ProviderOrigins;
  readonly ownUsage: StatusPorts['usageOf'];
  readonly guard: Pick<UpstreamGuard, 'breakers'>;
  readonly now: () => number;
};

export const createToolStatus = ({ keys, origins, ownUsage, guard, now }: Ports): StatusPorts => ({
  async keysOf(ownerId) {
    const at = now();
    return (await keys.list(ownerId)).map((key) => toKeySummary(key, at));
  },
  async providers(owner) {
    const breakers = new Map((await guard.breakers(PROVIDERS)).map((one) => [one.name, one]));
    return CATALOG.map(({ id, title, features, defaultModel, address }) => ({
      name: id,
      title,
      features: [...features],
      default_model: defaultModel,
      configured: address === 'base_url' || origins[id] !== undefined,
      ...availabilityOf(breakers.get(id), { owner, now: now() }),
    }));
  },
  usageOf: ownUsage,
});
