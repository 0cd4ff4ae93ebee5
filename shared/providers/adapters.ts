import { anthropic } from './anthropic.ts';
import type { ChatAdapter } from './chat.ts';
import { compatible } from './compatible.ts';
import { google } from './google.ts';
import { mistral } from './mistral.ts';
import { openai } from './openai.ts';

export const ADAPTERS: Readonly<Record<string, ChatAdapter>> = {
  openai,
  anthropic,
  google,
  mistral,
  compatible,
};
