// A call of an owner, and which provider and key answered it.
import type { Deadline } from '#shared/core/deadline.ts';
import type { OwnerId } from '#shared/core/ids.ts';

import type { Served } from './failover.ts';
import type { ChosenBy } from './policy.ts';
import type { Estimate } from './prices.ts';

/** The provider, model and size of a call, as admission has to know them. */
export type Intent = Estimate;

export type CompletionCall = {
  readonly owner: OwnerId;
  readonly requestId: string;
  readonly deadline: Deadline;
  /** Gateways between the caller and us; absent: none. */
  readonly hops?: number;
  /** Records that this provider is about to be called; nothing is opened or sent before the record is durable. */
  readonly begin: (intent: Intent) => Promise<void>;
  /** Rejects a request with a field that the provider cannot express, instead of dropping the field. */
  readonly strict?: boolean | undefined;
  /** Called with the names of the dropped fields before anything is sent. */
  readonly onDropped?: ((fields: readonly string[]) => void) | undefined;
  /** Called with each step that failed, if another follows. */
  readonly onFailedAttempt?:
    | ((attempt: { provider: string; key_id?: string; code: string }) => void)
    | undefined;
  /** Called with each key before it is opened: its receipt. */
  readonly onUse: (key: { provider: string; kid: string; version: number }) => void;
};

/** The provider that answered, and by which key. */
export type By = { readonly provider: string; readonly chosenBy?: ChosenBy } & Omit<Served<never>, 'value'>;
