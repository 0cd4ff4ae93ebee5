import type { Principal } from '#shared/auth/principal.ts';
import { CATALOG } from '#shared/providers/catalog.ts';
import type { ToolDescription } from '#shared/tools/api.ts';
import { schemasOf, TOOLS } from '#shared/tools/registry.ts';
import { isExpired } from '#shared/vault/stored-key.ts';

import { keyStore } from './key-store.ts';

/** Needs `keys:read`. Every tool, and whether the caller has the key it works with. */
export async function describeTools({ uid }: Principal): Promise<ToolDescription[]> {
  const keys = await keyStore().list(uid);
  const chat = new Set<string>(
    CATALOG.filter(({ features }) => features.includes('chat')).map(({ id }) => id),
  );
  const now = Date.now();
  const present = keys.some(
    (key) => chat.has(key.provider) && key.status === 'active' && !isExpired(key, now),
  );
  return TOOLS.map((tool) => {
    const { input, output } = schemasOf(tool);
    return {
      name: tool.name,
      title: tool.title,
      description: tool.description,
      input_schema: input,
      output_schema: output,
      annotations: tool.annotations,
      examples: tool.examples,
      scope: tool.scope ?? null,
      requires_key: tool.requiresKey ? { kind: tool.requiresKey, present } : null,
    };
  });
}
