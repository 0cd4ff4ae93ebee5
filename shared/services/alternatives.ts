// What the caller of a refused tool call can do instead, from their own keys. Asked after a refusal only.
import type { Principal } from '#shared/auth/principal.ts';
import { SCOPES_OF } from '#shared/auth/scopes.ts';
import {
  type Alternative,
  alternativesTo,
  type Refused,
  type UsableProvider,
} from '#shared/limits/alternatives.ts';
import { narrowRateOf } from '#shared/limits/rates.ts';
import { CATALOG } from '#shared/providers/catalog.ts';
import { TOOLS } from '#shared/tools/registry.ts';
import type { Tool } from '#shared/tools/tool.ts';
import { isExpired } from '#shared/vault/stored-key.ts';

import { keyStore } from './key-store.ts';
import { limits } from './limits.ts';
import { providerOrigins } from './provider-origins.ts';
import { pacing } from './rates.ts';

const mayCall = ({ scopes, roles }: Principal, { scope }: Tool): boolean =>
  scope === undefined || (scopes.includes(scope) && roles.some((role) => SCOPES_OF[role].includes(scope)));

/** Reads only, takes no key and works without arguments. */
const isFree = ({ annotations, requiresKey, input }: Tool) =>
  annotations.readOnlyHint && !requiresKey && input.safeParse({}).success;

/** @param feature what the refused tool asks of a provider */
async function usableProviders({ uid }: Principal, feature: 'chat' | 'embed'): Promise<UsableProvider[]> {
  const keys = await keyStore().list(uid);
  const now = Date.now();
  const origins = providerOrigins();
  const usable = new Set<string>(
    keys.filter((key) => key.status === 'active' && !isExpired(key, now)).map(({ provider }) => provider),
  );
  return CATALOG.filter(
    ({ id, features }) => usable.has(id) && features.includes(feature) && origins[id],
  ).map(({ id, title, defaultModel, defaultEmbedModel = '', maxTemperature = 2 }) => ({
    id,
    title,
    defaultModel: feature === 'embed' ? defaultEmbedModel : defaultModel,
    maxTemperature,
    isLow: pacing().isLow(uid, id),
  }));
}

/** Needs `vault:use`, `providers:call`, `rates:admit`. Reads the caller's keys where the tool works with one. */
export async function alternatives(principal: Principal, refused: Refused): Promise<Alternative[]> {
  // Only a tool that is told which provider to ask can be told to ask another one.
  const needsKey = TOOLS.some(
    ({ name, requiresKey, input }) => name === refused.tool && requiresKey && 'provider' in input.shape,
  );
  // Of the other tools only those without a limit of their own: whether that is used up is not known here.
  const rates = await limits().current();
  const free = TOOLS.filter((tool) => isFree(tool) && mayCall(principal, tool))
    .map(({ name }) => name)
    .filter((name) => !narrowRateOf(rates, principal.roles, ['tools', name]));
  const providers = needsKey
    ? await usableProviders(principal, refused.tool === 'ai_embed' ? 'embed' : 'chat')
    : [];
  return alternativesTo(refused, { providers, free: needsKey ? free : [] });
}
