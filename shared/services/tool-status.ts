import { CATALOG } from '#shared/providers/catalog.ts';
import type { ProviderOrigins } from '#shared/providers/origins.ts';
import type { StatusPorts } from '#shared/tools/builtin/status-ports.ts';
import { type KeyStore, summaryOf } from '#shared/vault/stored-key.ts';

type Ports = {
  readonly keys: Pick<KeyStore, 'list'>;
  readonly origins: ProviderOrigins;
  readonly ownUsage: StatusPorts['usageOf'];
  readonly now: () => number;
};

export const createToolStatus = ({ keys, origins, ownUsage, now }: Ports): StatusPorts => ({
  async keysOf(ownerId) {
    const at = now();
    return (await keys.list(ownerId)).map((key) => summaryOf(key, at));
  },
  providers: () =>
    CATALOG.map(({ id, title, features, defaultModel, address }) => ({
      name: id,
      title,
      features: [...features],
      default_model: defaultModel,
      configured: address === 'base_url' || origins[id] !== undefined,
    })),
  usageOf: ownUsage,
});
