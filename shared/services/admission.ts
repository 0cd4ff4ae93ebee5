import type { Principal } from '#shared/auth/principal.ts';
import type { Deadline } from '#shared/core/deadline.ts';
import type { Admit } from '#shared/limits/gcra.ts';
import type { Caller } from '#shared/limits/plans.ts';
import type { ProviderPacing } from '#shared/limits/provider-pacing.ts';
import { narrowRateOf, quarterOf, rateOf, type Rates } from '#shared/limits/rates.ts';

type Ports = {
  readonly admit: Admit;
  readonly pacing: Pick<ProviderPacing, 'attach' | 'admit'>;
  /** The limits in force. */
  readonly rates: () => Promise<Rates>;
};

export type Admission = {
  /**
   * The narrow limit first: a call that it rejects has not used up the caller's limit for other tools. The limits are read before
   * anything is counted, and with them the store's clock: a new instance whose own is wrong counts nothing by it.
   * @throws {AppError} `rate_limited`
   */
  readonly admitCall: (principal: Principal, tool: string) => Promise<void>;
  /**
   * Waits a little where the provider says that the caller's quota there runs low.
   * @throws {AppError} `rate_limited` if the caller's limit for this provider is used up, or the provider's own soon will be
   */
  readonly admitProvider: (principal: Principal, provider: string, deadline: Deadline) => Promise<void>;
  /** Applies the reduced rate to a caller close to a limit. @throws {AppError} `rate_limited` */
  readonly slowDown: (caller: Caller) => Promise<void>;
};

export const createAdmission = ({ admit, pacing, rates }: Ports): Admission => ({
  async admitCall({ ownerId, roles }, tool) {
    const current = await rates();
    const narrow = narrowRateOf(current, roles, ['tools', tool]);
    if (narrow) await admit(`${ownerId}#tool#${tool}`, narrow, { scope: 'tool', tool });
    pacing.attach(ownerId, await admit(ownerId, rateOf(current, roles), { scope: 'owner' }));
  },

  async admitProvider({ ownerId, roles }, provider, deadline) {
    await pacing.admit(ownerId, provider, deadline);
    const narrow = narrowRateOf(await rates(), roles, ['providers', provider]);
    if (narrow) await admit(`${ownerId}#provider#${provider}`, narrow, { scope: 'provider', provider });
  },

  async slowDown({ ownerId, roles }) {
    const slower = quarterOf(rateOf(await rates(), roles));
    await admit(`${ownerId}#near`, slower, { scope: 'owner' });
  },
});
