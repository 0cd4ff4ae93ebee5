import type { ChatAdapter } from './chat.ts';
import { type Host, HOST_NAMES } from './openai-like/hosts.ts';

const hosted = (host: Host) => async (): Promise<ChatAdapter> =>
  (await import('./openai-like/index.ts')).openaiLike(host);

/** Loaded on first use: a cold start must not pay for all of them. */
const ADAPTERS: Readonly<Record<string, () => Promise<ChatAdapter>>> = {
  openai: async () => (await import('./openai/index.ts')).openai,
  anthropic: async () => (await import('./anthropic/index.ts')).anthropic,
  google: async () => (await import('./google/index.ts')).google,
  mistral: async () => (await import('./mistral/index.ts')).mistral,
  compatible: async () => (await import('./compatible/index.ts')).compatible,
  bedrock: async () => (await import('./bedrock/index.ts')).bedrock,
  ...Object.fromEntries(HOST_NAMES.map((host) => [host, hosted(host)])),
};

/** Undefined for a provider that is not in the catalogue of AI providers. */
export const adapterFor = async (provider: string): Promise<ChatAdapter | undefined> =>
  ADAPTERS[provider]?.();
