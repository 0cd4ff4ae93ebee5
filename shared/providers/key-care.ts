// What becomes of a key beside the call that met its refusal.
import type { Deadline } from '#shared/core/deadline.ts';
import type { ProviderId, Uid } from '#shared/core/ids.ts';
import type { Candidate } from '#shared/vault/use.ts';

/** One value of one key: its current one, or the one before the last rotation. */
export type KeyValue = Pick<Candidate, 'provider' | 'kid' | 'ver' | 'open'>;

export type KeyName = Pick<KeyValue, 'kid' | 'ver'> & { readonly uid: Uid; readonly provider: ProviderId };

/** On whose call, so that what is done to a key can be traced to it. */
export type OnCall = { readonly owner: Uid; readonly requestId: string; readonly deadline: Deadline };

/**
 * `renewed`: the row has another value now · `refused`: the provider will not renew this credential any more ·
 * `failed`: not now · `busy`: somebody else is at it
 */
export type Renewed = 'renewed' | 'refused' | 'failed' | 'busy';

/** Port. Each is done once, however many calls ask for it at the same time. */
export type KeyCare = {
  /** Makes the next value of a credential. `wait`: for whoever is at it, because this value is of no use. */
  readonly renew: (key: KeyName, call: OnCall & { readonly wait: boolean }) => Promise<Renewed>;
  /** The provider rejects this value: it is marked, and its owner told. */
  readonly invalidate: (key: KeyName, call: OnCall) => Promise<void>;
  /** The provider rejects this value, the one before it still works: its owner is told. */
  readonly doubt: (key: KeyName, call: OnCall) => Promise<void>;
};
