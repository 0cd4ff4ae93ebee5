// Requests that hosted servers with OpenAI's API reject. Messages as they word them.
import type { Host } from '#local/providers/dialects.ts';
import { asList, asObject, isPresent, type Json } from '#local/providers/json.ts';

import { checkOpenAi } from './openai.ts';

/** Fields at the top that are answered 400. Groq: its page on compatibility; xAI: reasoning models; DeepSeek ignores what it does not know. */
const REJECTED: Readonly<Partial<Record<Host, readonly string[]>>> = {
  groq: ['logprobs', 'top_logprobs', 'logit_bias', 'top_k', 'thinking'],
  xai: ['logit_bias', 'top_k', 'thinking'],
};

/** The reason for a rejection, undefined for a valid request. */
export function checkHost(host: Host, path: string, body: Json): string | undefined {
  if (host === 'azure') return checkOpenAi(path, body);
  if (!path.includes('/chat/completions')) return undefined;
  const messages = asList(body.messages).map(asObject);
  if (messages.length === 0) return 'messages is required';
  const wrong = REJECTED[host]?.find((name) => isPresent(body[name]));
  if (wrong !== undefined) return `property '${wrong}' is unsupported`;
  if (host === 'groq' && messages.some(({ name }) => isPresent(name)))
    return "'messages.0' : property 'name' is unsupported";
  return messages.some(({ role }) => role === 'developer')
    ? "Input should be 'system', 'user', 'assistant' or 'tool'"
    : undefined;
}
