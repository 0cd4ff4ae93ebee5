import { anthropic } from './anthropic.ts';
import type { ChatAdapter } from './chat.ts';
import { openai } from './openai.ts';

export const ADAPTERS: Readonly<Record<string, ChatAdapter>> = { openai, anthropic };
