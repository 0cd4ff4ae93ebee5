import type { ProviderId } from '#shared/core/ids.ts';

export type ProviderFacts = {
  readonly id: ProviderId;
  readonly title: string;
  readonly features: readonly ('chat' | 'stream' | 'embed' | 'models')[];
  /** The shape of its keys today, as a hint: another shape is taken when the provider itself accepts the key. */
  readonly keyPattern: RegExp;
  /** A beginning that no other provider's keys have. */
  readonly keyPrefix?: RegExp;
  /** Keys that administer an account: they can do far more than a call needs. */
  readonly adminKey?: RegExp;
  readonly keyFormat: string;
  /** Page on which its users create and revoke keys. */
  readonly keyPage: string;
  readonly renewal: 'oauth' | 'api' | 'guided';
  /** Empty where only the key's own server knows. */
  readonly defaultModel: string;
  readonly defaultEmbedModel?: string;
  /** Model names that no other provider uses: a call with such a model and no provider is routed to this one. */
  readonly modelPattern?: RegExp;
  /** Its keys are for servers of their owners' own, each with models of its own. */
  readonly ownBaseUrl?: true;
  /** Its keys are stored with the address that they may go to, as the owner states it. */
  readonly address?: 'base_url' | 'region';
  readonly addressExample?: string;
  /** Absent: 2, as most have it. */
  readonly maxTemperature?: number;
};
