import type { ChatAdapter } from './chat.ts';

/** Loaded when they are needed: few callers use them all, and every start would pay for each. */
const ADAPTERS: Readonly<Record<string, () => Promise<ChatAdapter>>> = {
  openai: async () => (await import('./openai.ts')).openai,
  anthropic: async () => (await import('./anthropic.ts')).anthropic,
  google: async () => (await import('./google.ts')).google,
  mistral: async () => (await import('./mistral.ts')).mistral,
  compatible: async () => (await import('./compatible.ts')).compatible,
};

/** Undefined for a provider that is no AI provider of ours. */
export const adapterFor = async (provider: string): Promise<ChatAdapter | undefined> =>
  ADAPTERS[provider]?.();
