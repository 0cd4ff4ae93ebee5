import { anthropicKey } from './anthropic/key.ts';
import { bedrockKey } from './bedrock/key.ts';
import type { KeyDialect } from './chat.ts';
import { googleKey } from './google/key.ts';
import { openaiKey } from './openai-key.ts';
import { HOST_NAMES } from './openai-like/hosts.ts';
import { hostKey } from './openai-like/keys.ts';

const DIALECTS: ReadonlyMap<string, KeyDialect> = /* @__PURE__ */ new Map<string, KeyDialect>([
  ['openai', openaiKey('/v1')],
  ['anthropic', anthropicKey],
  ['google', googleKey],
  ['mistral', openaiKey('/v1')],
  ['compatible', openaiKey('')],
  ['bedrock', bedrockKey],
  ...HOST_NAMES.map((host) => [host, hostKey(host)] as const),
]);

/** Undefined for a provider that is not in the catalogue of AI providers. */
export const keyDialectFor = (provider: string): KeyDialect | undefined => DIALECTS.get(provider);
