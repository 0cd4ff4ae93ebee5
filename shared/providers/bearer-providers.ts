// Providers whose key is a bearer token for an API like OpenAI's. Formats and addresses are those of their own documentation,
// November 2026; none of them is a gate. Their prices are unknown here.
import type { ProviderId } from '#shared/core/ids.ts';

import type { ProviderFacts } from './provider-facts.ts';

/** No default model: their lists change too often. The first model that a key lists is used. */
const common = { renewal: 'guided', defaultModel: '' } as const;

export const BEARER_PROVIDERS: readonly ProviderFacts[] = [
  {
    ...common,
    id: 'groq' as ProviderId,
    title: 'Groq',
    features: ['chat', 'stream', 'models'],
    keyPattern: /^gsk_[A-Za-z0-9]{40,}$/,
    keyPrefix: /^gsk_/,
    keyFormat: 'gsk_…',
    keyPage: 'https://console.groq.com/keys',
  },
  {
    ...common,
    id: 'xai' as ProviderId,
    title: 'xAI',
    features: ['chat', 'stream', 'models'],
    keyPattern: /^xai-[\w-]{40,}$/,
    keyPrefix: /^xai-/,
    keyFormat: 'xai-…',
    keyPage: 'https://console.x.ai',
    modelPattern: /^grok-/,
  },
  {
    ...common,
    id: 'deepseek' as ProviderId,
    title: 'DeepSeek',
    features: ['chat', 'stream', 'models'],
    keyPattern: /^sk-[0-9a-f]{32}$/,
    keyFormat: 'sk-… with 32 hexadecimal digits',
    keyPage: 'https://platform.deepseek.com/api_keys',
  },
  {
    ...common,
    id: 'openrouter' as ProviderId,
    title: 'OpenRouter',
    features: ['chat', 'stream', 'models'],
    keyPattern: /^sk-or-v1-[0-9a-f]{64}$/,
    keyPrefix: /^sk-or-/,
    keyFormat: 'sk-or-v1-…',
    keyPage: 'https://openrouter.ai/settings/keys',
  },
  {
    ...common,
    id: 'together' as ProviderId,
    title: 'Together AI',
    features: ['chat', 'stream', 'embed', 'models'],
    keyPattern: /^(?:tgp_v1_[\w-]{40,}|[0-9a-f]{64})$/,
    keyPrefix: /^tgp_v\d_/,
    keyFormat: 'tgp_v1_…',
    keyPage: 'https://api.together.ai/settings/api-keys',
  },
  {
    ...common,
    id: 'azure' as ProviderId,
    title: 'Azure OpenAI',
    features: ['chat', 'stream', 'embed'],
    keyPattern: /^(?:[0-9a-f]{32}|[A-Za-z0-9]{84})$/,
    keyFormat: '32 hexadecimal digits, or 84 letters and digits',
    keyPage: 'https://portal.azure.com',
    address: 'base_url',
    addressExample: 'https://<resource>.openai.azure.com',
  },
  {
    ...common,
    id: 'bedrock' as ProviderId,
    title: 'Amazon Bedrock',
    features: ['chat', 'stream'],
    keyPattern: /^(?:ABSK|bedrock-api-key-)[A-Za-z0-9+/=_-]{40,}$/,
    keyPrefix: /^(?:ABSK|bedrock-api-key-)/,
    keyFormat: 'ABSK…',
    keyPage: 'https://console.aws.amazon.com/bedrock/home#/api-keys',
    address: 'region',
    addressExample: 'us-east-1',
  },
];
