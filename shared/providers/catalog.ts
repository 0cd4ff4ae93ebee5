// What is known of each provider without calling it. Adding a provider: a row here, one adapter file beside it.
import { AppError } from '#shared/core/errors.ts';
import type { ProviderId } from '#shared/core/ids.ts';

export type ProviderFacts = {
  readonly id: ProviderId;
  readonly title: string;
  readonly features: readonly ('chat' | 'stream' | 'embed' | 'models')[];
  readonly keyPattern: RegExp;
  readonly keyFormat: string;
  /** Where its users make and revoke keys. */
  readonly keyPage: string;
  readonly renewal: 'oauth' | 'api' | 'guided';
  readonly defaultModel: string;
  /** Absent: 2, as most have it. */
  readonly maxTemperature?: number;
};

export const CATALOG: readonly ProviderFacts[] = [
  {
    id: 'openai' as ProviderId,
    title: 'OpenAI',
    features: ['chat'],
    keyPattern: /^sk-(?!ant-)[\w-]{16,}$/,
    keyFormat: 'sk-…',
    keyPage: 'https://platform.openai.com/api-keys',
    renewal: 'guided',
    defaultModel: 'gpt-4.1-mini',
  },
  {
    id: 'anthropic' as ProviderId,
    title: 'Anthropic',
    features: ['chat'],
    keyPattern: /^sk-ant-[\w-]{16,}$/,
    keyFormat: 'sk-ant-…',
    keyPage: 'https://console.anthropic.com/settings/keys',
    renewal: 'guided',
    defaultModel: 'claude-haiku-4-5',
    maxTemperature: 1,
  },
];

/** `x-<alias>`: a key for registered tools, sealed with the origin it may go to. Nothing else is known of it. */
const UPSTREAM = /^x-[a-z][a-z0-9-]{0,11}$/;
export const isUpstreamProvider = (provider: string): boolean => UPSTREAM.test(provider);

const upstreamFacts = (provider: string): ProviderFacts => ({
  id: provider as ProviderId,
  title: provider.slice('x-'.length),
  features: [],
  keyPattern: /^[\x21-\x7e]{16,512}$/,
  keyFormat: 'what its issuer gave you',
  keyPage: '',
  renewal: 'guided',
  defaultModel: '',
});

/** @throws {AppError} `invalid_input` naming the providers there are */
export function factsOf(provider: string): ProviderFacts {
  const facts = CATALOG.find(({ id }) => id === provider);
  if (facts) return facts;
  if (isUpstreamProvider(provider)) return upstreamFacts(provider);
  const known = CATALOG.map(({ id }) => id).join(', ');
  throw new AppError('invalid_input', `Unknown provider. Known are: ${known}.`, {
    issues: [{ path: 'provider', message: `must be one of: ${known}` }],
  });
}

/**
 * Refuses a key that does not look like its provider's, naming the provider it does look like. Never quotes the key.
 * @throws {AppError} `wrong_provider`, `invalid_input`
 */
export function checkKeyFormat(facts: ProviderFacts, secret: string): void {
  if (facts.keyPattern.test(secret)) return;
  const other = CATALOG.find(({ keyPattern }) => keyPattern.test(secret));
  if (other) {
    throw new AppError(
      'wrong_provider',
      `This looks like an ${other.title} key, not one of ${facts.title}.`,
      {
        next_step: `Store it with "provider": "${other.id}", or paste a ${facts.title} key (${facts.keyFormat}).`,
      },
    );
  }
  throw new AppError(
    'invalid_input',
    `This does not look like a key of ${facts.title} (${facts.keyFormat}).`,
    {
      issues: [{ path: 'api_key', message: `must look like ${facts.keyFormat}` }],
      next_step: `Copy a key from ${facts.keyPage}.`,
    },
  );
}
