import { CATALOG } from '#shared/providers/catalog.ts';
import type { StatusPorts } from '#shared/tools/builtin/status-ports.ts';
import { summaryOf } from '#shared/vault/stored-key.ts';

import { keyStore } from './key-store.ts';
import { ownUsage } from './own-usage.ts';
import { providerOrigins } from './provider-origins.ts';

/** Needs `vault:use` or `keys:read`, `providers:call` and `budgets:read`. */
export const toolStatus: StatusPorts = {
  async keysOf(uid) {
    const now = Date.now();
    return (await keyStore().list(uid)).map((key) => summaryOf(key, now));
  },
  providers: () =>
    CATALOG.map(({ id, title, features, defaultModel, ownBaseUrl }) => ({
      name: id,
      title,
      features: [...features],
      default_model: defaultModel,
      configured: ownBaseUrl === true || providerOrigins()[id] !== undefined,
    })),
  usageOf: ownUsage,
};
