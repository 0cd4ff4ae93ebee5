import type { Principal } from '#shared/auth/principal.ts';
import { listedTool, type RegisteredAsTool } from '#shared/tools/listed-tool.ts';
import type { RegisteredTool, RegisteredToolStore } from '#shared/tools/registered.ts';
import { isRegistrar } from '#shared/tools/review.ts';

/** Lists the caller's own tools and the shared ones; drafts of the latter only to those who may review them. */
export const createRegisteredFor =
  (store: Pick<RegisteredToolStore, 'list'>) =>
  async (principal: Principal): Promise<RegisteredTool[]> => {
    const [own, shared] = await Promise.all([store.list(principal.ownerId), store.list('shared')]);
    const names = new Set(own.map(({ name }) => name));
    const visible = shared.filter(
      ({ name, state }) => !names.has(name) && (state === 'active' || isRegistrar(principal)),
    );
    return [...own, ...visible];
  };

/** Lists the registered tools that can be called now. */
export const createListRegistered =
  (registeredFor: (principal: Principal) => Promise<RegisteredTool[]>) =>
  async (principal: Principal): Promise<RegisteredAsTool[]> =>
    (await registeredFor(principal)).filter(({ state }) => state === 'active').map(listedTool);
