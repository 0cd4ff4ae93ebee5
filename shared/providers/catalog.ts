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
  /** Empty where only the key's own server knows. */
  readonly defaultModel: string;
  readonly defaultEmbedModel?: string;
  /** Names that nobody else gives to a model: whoever asks for one without naming a provider means this one. */
  readonly modelPattern?: RegExp;
  /** Its keys are stored with the base URL they are for. */
  readonly ownBaseUrl?: true;
  /** Absent: 2, as most have it. */
  readonly maxTemperature?: number;
};

export const CATALOG: readonly ProviderFacts[] = [
  {
    id: 'openai' as ProviderId,
    title: 'OpenAI',
    features: ['chat', 'stream', 'embed', 'models'],
    keyPattern: /^sk-(?!ant-)[\w-]{16,}$/,
    keyFormat: 'sk-…',
    keyPage: 'https://platform.openai.com/api-keys',
    renewal: 'guided',
    defaultModel: 'gpt-4.1-mini',
    defaultEmbedModel: 'text-embedding-3-small',
    modelPattern: /^(?:gpt-(?!oss)|chatgpt-|o\d|text-embedding-3|ft:gpt-)/,
  },
  {
    id: 'anthropic' as ProviderId,
    title: 'Anthropic',
    features: ['chat', 'stream', 'models'],
    keyPattern: /^sk-ant-[\w-]{16,}$/,
    keyFormat: 'sk-ant-…',
    keyPage: 'https://console.anthropic.com/settings/keys',
    renewal: 'guided',
    defaultModel: 'claude-haiku-4-5',
    modelPattern: /^claude-/,
    maxTemperature: 1,
  },
  {
    id: 'google' as ProviderId,
    title: 'Google Gemini',
    features: ['chat', 'stream', 'embed', 'models'],
    keyPattern: /^AIza[\w-]{35}$/,
    keyFormat: 'AIza…',
    keyPage: 'https://aistudio.google.com/apikey',
    renewal: 'guided',
    defaultModel: 'gemini-2.5-flash',
    defaultEmbedModel: 'gemini-embedding-001',
    modelPattern: /^gemini-/,
  },
  {
    id: 'mistral' as ProviderId,
    title: 'Mistral',
    features: ['chat', 'stream', 'embed', 'models'],
    keyPattern: /^[A-Za-z0-9]{32}$/,
    keyFormat: '32 letters and digits',
    keyPage: 'https://console.mistral.ai/api-keys',
    renewal: 'guided',
    defaultModel: 'mistral-small-2603', // its `-latest` has no price: it moves between several
    defaultEmbedModel: 'mistral-embed',
    modelPattern: /^(?:(?:open-)?mistral-|magistral-|ministral-|codestral-|pixtral-|devstral-)/,
  },
  {
    id: 'compatible' as ProviderId,
    title: 'OpenAI-compatible server',
    features: ['chat', 'stream', 'embed', 'models'],
    keyPattern: /^[\x21-\x7e]+$/,
    keyFormat: 'whatever the server takes',
    keyPage: "your server's documentation",
    renewal: 'guided',
    defaultModel: '',
    ownBaseUrl: true,
  },
];

/** The page on which a key is made, where the catalog knows one: a client opens it. */
export const keyUrlOf = ({ keyPage }: ProviderFacts): { readonly url?: string } =>
  URL.canParse(keyPage) ? { url: keyPage } : {};

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
  const other = CATALOG.find(({ keyPattern, ownBaseUrl }) => !ownBaseUrl && keyPattern.test(secret));
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

/**
 * Where a key may be sent, as it is sealed with it. Empty for a provider whose origin the stage configures.
 * @throws {AppError} `invalid_input` for a base URL where none belongs, or none where one does
 */
export function keyOriginOf({ title, ownBaseUrl }: ProviderFacts, baseUrl: string | undefined): string {
  if (ownBaseUrl && baseUrl !== undefined) return baseUrl.replace(/\/$/, '');
  if (!ownBaseUrl && baseUrl === undefined) return '';
  const message = ownBaseUrl
    ? 'is needed: the address before /chat/completions, as https://api.example.org/v1'
    : `does not belong to a ${title} key`;
  throw new AppError('invalid_input', `The base URL: ${message}.`, {
    issues: [{ path: 'base_url', message }],
  });
}
