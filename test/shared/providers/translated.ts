import { withoutAbsent } from '#shared/providers/absent.ts';
import { adapterFor } from '#shared/providers/adapters.ts';
import type { Chunk } from '#shared/providers/chat-answer.ts';
import type { ChatAdapter } from '#shared/providers/chat.ts';
import { ChatBody, type ChatRequest, chatRequestOf } from '#shared/providers/chat-request.ts';

export const PROVIDERS = ['openai', 'anthropic', 'google', 'mistral', 'compatible'] as const;
export type ProviderName = (typeof PROVIDERS)[number];

const loaded = new Map(await Promise.all(PROVIDERS.map(async (id) => [id, await adapterFor(id)] as const)));
export const adapter = (id: ProviderName): ChatAdapter => loaded.get(id) as ChatAdapter;

/** A model of each provider that takes every kind of field it can take. */
const MODELS: Readonly<Record<ProviderName, string>> = {
  openai: 'gpt-5.2',
  anthropic: 'claude-sonnet-4-6',
  google: 'gemini-3.5-flash',
  mistral: 'mistral-small-2603',
  compatible: 'gpt-oss:20b',
};

type Json = Record<string, unknown>;

/** The request sent for a caller's body, after every step of the translation. */
function requestOf(body: Json): ChatRequest {
  const parsed = ChatBody.parse(
    withoutAbsent({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }),
  );
  return { ...chatRequestOf(parsed), model: parsed.model };
}

export function translated(id: ProviderName, body: Json, stream = false) {
  const {
    body: sent,
    dropped,
    maxOutputTokens,
  } = adapter(id).translate(requestOf({ model: MODELS[id], ...body }), stream);
  return {
    body: JSON.parse(JSON.stringify(sent)),
    dropped,
    maxOutputTokens,
    text: JSON.stringify(sent),
  };
}

/** The chunks of a stream that ends as its provider says. */
export function streamed(id: ProviderName, events: readonly unknown[], complete = true): Chunk[] {
  const reader = adapter(id).reader();
  const read = events.flatMap((event) => [...reader.read(event)]);
  return [...read, ...(reader.end?.(complete) ?? [])];
}
