// The one place where a provider is called with an owner's key.
import type { Deadline } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Uid } from '#shared/core/ids.ts';
import type { Egress } from '#shared/egress/egress.ts';
import type { ProviderPacing } from '#shared/limits/provider-pacing.ts';
import type { KeyUse } from '#shared/vault/use.ts';

import { adapterFor } from './adapters.ts';
import { replyOf } from './answer.ts';
import { createProviderCall, type ProviderRequest } from './provider-call.ts';
import { CATALOG, type ProviderFacts } from './catalog.ts';
import type { Chunk } from './chat-answer.ts';
import type { ChatAdapter, ChatReply, Embeddings } from './chat.ts';
import type { ChatRequest } from './chat-request.ts';
import { createFailover, type KeyHealth, type Served } from './failover.ts';
import { createKeySelection, noEmbeddings, type Wanted } from './key-selection.ts';
import type { ChosenBy, Size } from './policy.ts';
import type { PreferenceOf } from './preference.ts';
import type { Estimate } from './prices.ts';

export type CompletionRequest = Omit<ChatRequest, 'model'> & Wanted;

/** The provider, model and size of a call, as admission has to know them. */
export type Intent = Estimate;

export type CompletionCall = {
  readonly owner: Uid;
  readonly requestId: string;
  readonly deadline: Deadline;
  /** Gateways between the caller and us; absent: none. */
  readonly hops?: number;
  /** Records that this provider is about to be called; nothing is opened or sent before the record is durable. */
  readonly begin: (intent: Intent) => Promise<void>;
  /** Called with each key before it is opened: its receipt. */
  readonly onUse: (key: { provider: string; kid: string; ver: number }) => void;
};

/** The provider that answered, and by which key. */
type By = { readonly provider: string; readonly chosenBy?: ChosenBy } & Omit<Served<never>, 'value'>;

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
export type Completions = {
  readonly chat: (request: CompletionRequest, call: CompletionCall) => Promise<ChatReply & By>;
  /** Resolves with the first chunk; reading the others fails with `upstream_*`. */
  readonly stream: (request: CompletionRequest, call: CompletionCall) => Promise<ChatStream>;
  readonly embed: (
    request: Wanted & { readonly input: readonly string[] },
    call: CompletionCall,
  ) => Promise<Embeddings & By & { readonly model: string }>;
  /** Sends nothing and opens no key. */
  readonly models: (owner: Uid) => Promise<readonly KnownModels[]>;
};

type Ports = {
  readonly vault: KeyUse;
  readonly health: KeyHealth;
  readonly egress: Egress;
  /** Origin per provider, from the stage's configuration: no request can name another. */
  readonly origins: Readonly<Record<string, string>>;
  readonly preferenceOf?: PreferenceOf | undefined;
  /** Observes the owner's remaining quota that each response states. */
  readonly pacing: Pick<ProviderPacing, 'observe'>;
  readonly now: () => number;
};

async function adapterOf({ id, title }: ProviderFacts): Promise<ChatAdapter> {
  const adapter = await adapterFor(id);
  if (!adapter) throw new AppError('unavailable', `${title} is not configured here.`);
  return adapter;
}

/** No known model counts one picture as more tokens. */
const PICTURE_TOKENS = 50_000;

/** The largest cost of a request. A picture counts in full where only its address is sent. */
function sizeOf({ messages, max_tokens }: ChatRequest, body: string, { defaultMaxTokens }: ChatAdapter) {
  const parts = messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  const pictures = parts.filter(({ type }) => type === 'image_url').length;
  return {
    inputBytes: Buffer.byteLength(body) + pictures * PICTURE_TOKENS,
    maxOutputTokens: max_tokens ?? defaultMaxTokens,
  };
}

/** The size before a provider is chosen. */
const roughSizeOf = ({ messages, tools, max_tokens }: Omit<ChatRequest, 'model'>): Size => ({
  inputBytes: Buffer.byteLength(JSON.stringify([messages, tools])),
  maxOutputTokens: max_tokens,
});

export function createCompletions(ports: Ports): Completions {
  const { vault } = ports;
  const providerCall = createProviderCall(ports);
  const failover = createFailover(ports);
  const select = createKeySelection(ports);

  /** Selects the keys, translates and records. A field that cannot be expressed is rejected before anything is recorded. */
  async function prepareChat(
    { provider, model: name, policy, ...rest }: CompletionRequest,
    call: CompletionCall,
    { stream }: { stream: boolean },
  ) {
    const wanted = { provider, model: name, policy };
    const { facts, keys, model, chosenBy } = await select(call.owner, wanted, roughSizeOf(rest));
    const adapter = await adapterOf(facts);
    const request = { ...rest, model };
    const path = adapter.path(request, stream);
    const body = JSON.stringify(adapter.body(request, stream));
    await call.begin({ provider: facts.id, model, ...sizeOf(request, body, adapter) });
    const accept = stream ? 'text/event-stream' : 'application/json';
    const prepared: ProviderRequest = { facts, adapter, path, body, accept };
    return { prepared, keys, model, by: { provider: facts.id, ...(chosenBy && { chosenBy }) } };
  }

  return {
    async chat(request, call) {
      const { prepared, keys, model, by } = await prepareChat(request, call, { stream: false });
      const { value, ...how } = await failover(
        keys,
        providerCall.whole(prepared, call, prepared.adapter.reply),
        call,
      );
      return { ...replyOf(value, model), ...by, ...how };
    },

    async stream(request, call) {
      const { prepared, keys, model, by } = await prepareChat(request, call, { stream: true });
      const { value, ...how } = await failover(keys, providerCall.stream(prepared, call), call);
      return { chunks: value, model, ...by, ...how };
    },

    async embed({ input, ...wanted }, call) {
      const { facts, keys, model } = await select(call.owner, wanted);
      const adapter = await adapterOf(facts);
      if (!adapter.embed) throw noEmbeddings(facts);
      const { reply } = adapter.embed;
      const [path, body] = [adapter.embed.path(model), JSON.stringify(adapter.embed.body({ model, input }))];
      const size = { inputBytes: Buffer.byteLength(body), maxOutputTokens: 0 };
      await call.begin({ provider: facts.id, model, ...size });
      const prepared: ProviderRequest = { facts, adapter, path, body, accept: 'application/json' };
      const { value, ...how } = await failover(keys, providerCall.whole(prepared, call, reply), call);
      return { ...value, model, provider: facts.id, ...how };
    },

    async models(owner) {
      const keys = await vault.candidates(owner);
      return CATALOG.filter(({ id }) => keys.some(({ provider }) => provider === id)).map(
        ({ id, defaultModel }) => ({
          provider: id,
          default_model: defaultModel || null,
          models: [...new Set(keys.flatMap((key) => (key.provider === id ? (key.models ?? []) : [])))],
        }),
      );
    },
  };
}
