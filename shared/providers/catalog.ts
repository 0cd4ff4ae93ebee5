// Static facts about each provider. Adding a provider: a row here, one adapter file beside it.
import { AppError } from '#shared/core/errors.ts';
import type { ProviderId } from '#shared/core/ids.ts';

import { BEARER_PROVIDERS } from './bearer-providers.ts';
import type { ProviderFacts } from './provider-facts.ts';

export type { ProviderFacts } from './provider-facts.ts';

export const CATALOG: readonly ProviderFacts[] = [
  {
    id: 'openai' as ProviderId,
    title: 'OpenAI',
    features: ['chat', 'stream', 'embed', 'models'],
    keyPattern: /^sk-(?!ant-|or-)[\w-]{16,}$/,
    keyPrefix: /^sk-(?:proj|svcacct)-/,
    adminKey: /^sk-admin-/,
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
    keyPrefix: /^sk-ant-/,
    adminKey: /^sk-ant-admin/,
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
    keyPattern: /^(?:AIza[\w-]{35}|AQ\.[\w.-]{20,})$/,
    keyPrefix: /^(?:AIza|AQ\.)/,
    keyFormat: 'AQ.… or AIza…',
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
    address: 'base_url',
    addressExample: 'https://api.example.org/v1',
  },
  ...BEARER_PROVIDERS,
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
    issues: [{ path: 'body.provider', message: `must be one of: ${known}` }],
  });
}

/** Whether a text that should be something else is a key that was pasted into the wrong place. */
export const isMisplacedKey = (text: string): boolean =>
  text.startsWith('sk-') || CATALOG.some(({ keyPrefix }) => keyPrefix?.test(text) === true);

const MIN_KEY_LENGTH = 16;

/** `usual`: as its provider's keys look today. `unusual`: to be stored only if the provider accepts it. */
export type KeyFormat = 'usual' | 'unusual';

const looksLike = (facts: ProviderFacts, secret: string): boolean =>
  facts.keyPrefix?.test(secret) ?? (facts.keyPattern.test(secret) && facts.address === undefined);

/**
 * Rejects an administrator's key, and a key that is certainly another provider's, naming it. Never quotes the key.
 * @throws {AppError} `invalid_input`, `wrong_provider`
 */
export function checkKeyFormat(facts: ProviderFacts, secret: string): KeyFormat {
  const admin = CATALOG.find(({ adminKey }) => adminKey?.test(secret));
  if (admin) {
    throw new AppError(
      'invalid_input',
      `The key is an admin key of ${admin.title}, which manages the whole account.`,
      {
        issues: [{ path: 'api_key', message: 'must be a key for API calls, not an admin key' }],
        next_step: `Create a key for API calls at ${admin.keyPage}.`,
      },
    );
  }
  if (facts.keyPattern.test(secret)) return 'usual';
  // A registered tool has no one to ask, and no provider's key is as short as a mistake in pasting.
  if (isUpstreamProvider(facts.id) || secret.length < MIN_KEY_LENGTH)
    requireAccepted(facts, 'unusual', undefined);
  const other = CATALOG.find((known) => known.id !== facts.id && looksLike(known, secret));
  if (!other) return 'unusual';
  throw new AppError('wrong_provider', `The key has the format of ${other.title}, not of ${facts.title}.`, {
    next_step: `Store it with "provider": "${other.id}", or paste a key of ${facts.title} (${facts.keyFormat}).`,
  });
}

/**
 * A key of an unusual shape counts when its provider accepts it: a pattern must not shut out a key that it issues.
 * @throws {AppError} `invalid_input`
 */
export function requireAccepted(
  { title, keyFormat, keyPage }: ProviderFacts,
  format: KeyFormat,
  outcome: 'valid' | 'rejected' | 'unreachable' | undefined,
): void {
  if (format === 'usual' || outcome === 'valid') return;
  throw new AppError('invalid_input', `The key does not have the format of ${title} (${keyFormat}).`, {
    issues: [{ path: 'api_key', message: `must look like ${keyFormat}, or be accepted by ${title}` }],
    next_step: `Copy a key from ${keyPage}.`,
  });
}

/** The end of an address that was copied from an example of a call. */
const ENDPOINT = /(?:\/(?:chat\/completions|completions|responses|embeddings|models))?\/*$/;
/** The same at Azure, where the API's own path follows the origin. */
const AZURE_PATH = /\/openai(?:\/.*)?$/;

const wrongAddress = (field: 'base_url' | 'region', message: string): AppError =>
  new AppError('invalid_input', `${field === 'region' ? 'The Region' : 'The base URL'}: ${message}.`, {
    issues: [{ path: field, message }],
  });

type Address = { readonly base_url?: string | undefined; readonly region?: string | undefined };

/**
 * Destination of a key, as it is sealed with the key. Empty for a provider whose origin the stage configures.
 * @param origins of the stage; that of a provider with Regions has `{region}` in the place of one
 * @throws {AppError} `invalid_input` for an address where none belongs, or none where one does
 */
export function keyOriginOf(
  { id, title, address, addressExample }: ProviderFacts,
  given: Address,
  origins: Readonly<Record<string, string>> = {},
): string {
  for (const field of ['base_url', 'region'] as const) {
    if (given[field] !== undefined && field !== address)
      throw wrongAddress(field, `does not belong to a ${title} key`);
  }
  if (address === undefined) return '';
  const value = given[address] ?? absentAddress(address, addressExample);
  if (address === 'base_url')
    return value.replace(ENDPOINT, '').replace(id === 'azure' ? AZURE_PATH : /$/, '');
  const origin = origins[id];
  if (!origin) throw new AppError('unavailable', `${title} is not configured on this stage.`);
  return origin.replace('{region}', value);
}

/** @throws {AppError} `invalid_input` naming what is needed */
function absentAddress(address: 'base_url' | 'region', example = ''): never {
  const of = address === 'region' ? 'the AWS Region of the key' : 'the address before /chat/completions';
  throw wrongAddress(address, `is needed: ${of}, as ${example}`);
}
