// The one place where a provider is called with an owner's key.
import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { ownProperty } from '#shared/core/own-property.ts';
import type { Egress } from '#shared/egress/egress.ts';
import type { ProviderPacing } from '#shared/limits/provider-pacing.ts';
import type { UpstreamGuard } from '#shared/resilience/upstream.ts';
import type { UsableKeys } from '#shared/vault/usable-keys.ts';

import { adapterFor } from './adapters.ts';
import { replyOf } from './answer.ts';
import { createDialectCalls, type DialectCalls } from './dialect-calls.ts';
import { createProviderCall, type ProviderRequest } from './provider-call.ts';
import { CATALOG, type ProviderFacts } from './catalog.ts';
import type { Chunk } from './chat-answer.ts';
import type { ChatAdapter, ChatReply, Embeddings, EmbedRequest, Translated } from './chat.ts';
import { type ChatRequest, outputLimit } from './chat-request.ts';
import type { By, CompletionCall } from './completion-call.ts';
import { headerNames, requireNothingDropped } from './dropped-fields.ts';
import { createFailover, type KeyHealth } from './failover.ts';
import { createGuardedCalls } from './guarded-calls.ts';
import { type Choice, createKeySelection, noEmbeddings } from './key-selection.ts';
import type { Wanted } from './model-name.ts';
import type { Size } from './policy.ts';
import type { PreferenceOf } from './preference.ts';

export type CompletionRequest = Omit<ChatRequest, 'model'> & Wanted;

/** A streamed answer. It must be read: an unread one keeps its connection until the deadline. */
export type ChatStream = { readonly chunks: AsyncIterable<Chunk>; readonly model: string } & By;

/** Models of one provider that the owner's keys may use, as listed at their last validation: at most 100 a key. */
export type KnownModels = {
  readonly provider: string;
  readonly default_model: string | null;
  readonly models: readonly string[];
};

/**
 * All but `models` throw `key_missing`, `key_frozen`, `key_expired`, `key_invalid`, `key_rejected`, `integrity_failed`,
 * `kms_*`, `upstream_*`, `rate_limited`, or `invalid_input` for a field that the provider cannot express.
 */
export type Completions = DialectCalls & {
  readonly chat: (request: CompletionRequest, call: CompletionCall) => Promise<ChatReply & By>;
  /** Resolves with the first chunk; reading the others fails with `upstream_*`. */
  readonly stream: (request: CompletionRequest, call: CompletionCall) => Promise<ChatStream>;
  readonly embed: (
    request: Wanted & Omit<EmbedRequest, 'model'>,
    call: CompletionCall,
  ) => Promise<Embeddings & By & { readonly model: string }>;
  /** Sends nothing and opens no key. */
  readonly models: (owner: OwnerId) => Promise<readonly KnownModels[]>;
};

type Ports = {
  readonly vault: UsableKeys;
  readonly health: KeyHealth;
  readonly egress: Egress;
  /** Origin per provider, from the stage's configuration: no request can name another. */
  readonly origins: Readonly<Record<string, string>>;
  readonly preferenceOf?: PreferenceOf | undefined;
  /** Observes the owner's remaining quota that each response states. */
  readonly pacing: Pick<ProviderPacing, 'observe'>;
  readonly guard: UpstreamGuard;
  readonly now: () => number;
};

async function adapterOf({ id, title }: ProviderFacts): Promise<ChatAdapter> {
  const adapter = await adapterFor(id);
  if (!adapter) throw new AppError('unavailable', `${title} is not configured on this stage.`);
  return adapter;
}

/** No known model counts one picture as more tokens. */
const PICTURE_TOKENS = 50_000;

/** A document of a few bytes may have more pages than any model reads. */
const FILE_TOKENS = 300_000;

const EXTRA_TOKENS: Readonly<Record<string, number>> = { image_url: PICTURE_TOKENS, file: FILE_TOKENS };

/** The largest cost of a request. Pictures and files count in full where only an address is sent. */
function sizeOf({ messages }: ChatRequest, text: string, { maxOutputTokens }: Translated): Size {
  const parts = messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  const extra = parts.reduce((sum, { type }) => sum + (ownProperty(EXTRA_TOKENS, type) ?? 0), 0);
  return { inputBytes: Buffer.byteLength(text) + extra, maxOutputTokens };
}

/** The size before a provider is chosen. */
const roughSizeOf = (request: Omit<ChatRequest, 'model'>): Size => ({
  inputBytes: Buffer.byteLength(JSON.stringify([request.messages, request.tools])),
  maxOutputTokens: outputLimit(request),
});

type Prepared = { readonly facts: ProviderFacts; readonly request: ChatRequest; readonly stream: boolean };

/** Translates and records. A field that cannot be expressed is rejected before anything is recorded. */
async function prepareChat(
  { facts, request, stream }: Prepared,
  call: CompletionCall,
): Promise<ProviderRequest> {
  const adapter = await adapterOf(facts);
  const path = adapter.path(request, stream);
  const translated = adapter.translate(request, stream);
  const dropped = headerNames(translated.dropped);
  if (call.strict) requireNothingDropped(facts.title, dropped);
  const body = JSON.stringify(translated.body);
  await call.begin({ provider: facts.id, model: request.model, ...sizeOf(request, body, translated) });
  call.onDropped?.(dropped);
  return { facts, adapter, path, body, accept: stream ? 'text/event-stream' : 'application/json' };
}

async function knownModels(vault: UsableKeys, owner: OwnerId): Promise<KnownModels[]> {
  const keys = await vault.candidates(owner);
  return CATALOG.filter(({ id }) => keys.some(({ provider }) => provider === id)).map(
    ({ id, defaultModel }) => ({
      provider: id,
      default_model: defaultModel || null,
      models: [...new Set(keys.flatMap((key) => (key.provider === id ? (key.models ?? []) : [])))],
    }),
  );
}

export function createCompletions(ports: Ports): Completions {
  const { vault } = ports;
  const providerCall = createProviderCall(ports);
  const guarded = createGuardedCalls({ guard: ports.guard, failover: createFailover(ports) });
  const selectKeys = createKeySelection(ports);
  const select: typeof selectKeys = async (...given) => {
    const [chosen] = await Promise.all([selectKeys(...given), ports.guard.prefetch()]);
    return chosen;
  };

  async function selectChat(
    { provider, model: name, policy, ...rest }: CompletionRequest,
    call: CompletionCall,
  ) {
    const wanted = { provider, model: name, policy };
    const chosen: Choice = await select(call.owner, wanted, roughSizeOf(rest));
    const { facts, model, chosenBy } = chosen;
    return { chosen, facts, model, rest, by: { provider: facts.id, ...(chosenBy && { chosenBy }) } };
  }

  return {
    ...createDialectCalls({ select, guarded, providerCall, adapterOf, prepareChat, replyOf }),

    async chat(request, call) {
      const { chosen, facts, model, rest, by } = await selectChat(request, call);
      return guarded(chosen, call, async (serve) => {
        const prepared = await prepareChat({ facts, request: { ...rest, model }, stream: false }, call);
        const { value, ...how } = await serve(providerCall.whole(prepared, call, prepared.adapter.reply));
        return { ...replyOf(value, model), ...by, ...how };
      });
    },

    async stream(request, call) {
      const { chosen, facts, model, rest, by } = await selectChat(request, call);
      return guarded(chosen, call, async (serve) => {
        const prepared = await prepareChat({ facts, request: { ...rest, model }, stream: true }, call);
        const { value, ...how } = await serve(providerCall.stream(prepared, call));
        return { chunks: value, model, ...by, ...how };
      });
    },

    async embed({ input, dimensions, extra = {}, ...wanted }, call) {
      const chosen = await select(call.owner, wanted);
      const { facts, model } = chosen;
      const adapter = await adapterOf(facts);
      if (!adapter.embed) throw noEmbeddings(facts);
      const { reply } = adapter.embed;
      const path = adapter.embed.path(model);
      const body = JSON.stringify(adapter.embed.body({ model, input, dimensions, extra }));
      const dropped = headerNames(adapter.embed.dropped?.(extra) ?? []);
      if (call.strict) requireNothingDropped(facts.title, dropped);
      const size = { inputBytes: Buffer.byteLength(body), maxOutputTokens: 0 };
      return guarded(chosen, call, async (serve) => {
        await call.begin({ provider: facts.id, model, ...size });
        call.onDropped?.(dropped);
        const prepared: ProviderRequest = { facts, adapter, path, body, accept: 'application/json' };
        const { value, ...how } = await serve(providerCall.whole(prepared, call, reply));
        return { ...value, model, provider: facts.id, ...how };
      });
    },

    models: (owner) => knownModels(vault, owner),
  };
}
