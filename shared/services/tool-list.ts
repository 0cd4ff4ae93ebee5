import { allowsTool, type Principal } from '#shared/auth/principal.ts';
import { CATALOG } from '#shared/providers/catalog.ts';
import type { ToolDescription } from '#shared/tools/api.ts';
import { BUILT_INS } from '#shared/tools/built-in-list.ts';
import { withKey } from '#shared/tools/idempotent-call.ts';
import { type ListedTool, listRegisteredTool } from '#shared/tools/listed-tool.ts';
import type { RegisteredTool } from '#shared/tools/registered.ts';
import { isExpired, type KeyStore } from '#shared/vault/stored-key.ts';

type Ports = {
  readonly keys: Pick<KeyStore, 'list'>;
  readonly registeredFor: (principal: Principal) => Promise<RegisteredTool[]>;
  readonly now: () => number;
};

/** Describes every tool that the caller may see, and whether the caller has the key it works with. */
export const createDescribeTools =
  ({ keys, registeredFor, now }: Ports) =>
  async (principal: Principal): Promise<ToolDescription[]> => {
    const [stored, registered] = await Promise.all([keys.list(principal.ownerId), registeredFor(principal)]);
    const chat = new Set<string>(
      CATALOG.filter(({ features }) => features.includes('chat')).map(({ id }) => id),
    );
    const at = now();
    const present = stored.some(
      (key) => chat.has(key.provider) && key.status === 'active' && !isExpired(key, at),
    );
    const describe = (tool: ListedTool, registration: ToolDescription['registration']): ToolDescription => {
      const { input, output } = tool.schemas;
      return {
        name: tool.name,
        title: tool.title,
        description: tool.description,
        input_schema: registration ? withKey(tool, input) : input,
        output_schema: output ?? null,
        annotations: tool.annotations,
        examples: tool.examples,
        scope: tool.scope ?? null,
        requires_key: tool.requiresKey ? { kind: tool.requiresKey, present } : null,
        registration,
      };
    };
    const own = BUILT_INS.map((tool) => describe(tool, null));
    const others = registered.map((tool) => {
      const { state, version, hash, shared } = tool;
      return describe(listRegisteredTool(tool), { state, version, hash, shared });
    });
    const callable = [...own, ...others].filter(({ name }) => allowsTool(principal, name));
    return callable.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  };
