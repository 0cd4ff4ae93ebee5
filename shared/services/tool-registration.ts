import type { Audit } from '#shared/audit/audit.ts';
import { CATALOG } from '#shared/providers/catalog.ts';
import type { RegisterCall } from '#shared/registered-tools/candidates.ts';
import { lookOf } from '#shared/registered-tools/look-alike.ts';
import type { createRegister } from '#shared/registered-tools/register.ts';
import type { RegisterToolsBody } from '#shared/tools/registration.ts';

/** Names that clients use for this gateway. */
const GATEWAY_NAMES = ['mcp', 'portunus', 'tool', 'tools'];
/** Common names of providers and their models. */
const PROVIDER_NAMES = ['chatgpt', 'claude', 'gemini', 'gpt', 'vertex'];

/** Looks of the names that no alias may imitate. */
export const reservedLooks = (toolNames: readonly string[]): ReadonlySet<string> =>
  new Set(
    [
      ...GATEWAY_NAMES,
      ...PROVIDER_NAMES,
      ...CATALOG.map(({ id }) => id),
      ...toolNames,
      ...toolNames.map((name) => name.split('_')[0] ?? ''),
    ].map(lookOf),
  );

type Ports = {
  readonly audit: Pick<Audit, 'commit'>;
  /** Loaded with the first registration. */
  readonly register: () => Promise<ReturnType<typeof createRegister>>;
};

/** Registers tools; an attempt is recorded before their upstream is called. */
export const createRegisterTools =
  ({ audit, register }: Ports) =>
  async (body: RegisterToolsBody, call: Omit<RegisterCall, 'begin'>) => {
    const { ownerId } = call.principal;
    const begin = (alias: string) =>
      audit.commit({
        ownerId,
        category: 'user_action',
        act: 'tool.registered',
        target: alias,
        result: 'attempted',
        requestId: call.requestId,
      });
    return (await register())(body, { ...call, begin });
  };
