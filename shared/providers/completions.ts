// The use of a key: the one place where a provider is called on an owner's behalf.
import type { Deadline } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Uid } from '#shared/core/ids.ts';
import type { Egress } from '#shared/egress/egress.ts';
import type { Pacing } from '#shared/limits/pace.ts';
import type { KeyUse } from '#shared/vault/use.ts';

import { adapterFor } from './adapters.ts';
import { replyOf } from './answer.ts';
import { createAsk, type Question } from './ask.ts';
import { CATALOG, type ProviderFacts } from './catalog.ts';
import type { Chunk } from './chat-answer.ts';
import type { ChatAdapter, ChatReply, Embeddings } from './chat.ts';
import type { ChatRequest } from './chat-request.ts';
import type { KeyCare } from './key-care.ts';
import { createKeyChain, type Served } from './key-chain.ts';
import { createKeyChoice, noEmbeddings, type Wanted } from './key-choice.ts';
import type { ChosenBy, Size } from './policy.ts';
import type { PreferenceOf } from './preference.ts';
import type { Estimate } from './prices.ts';

export type CompletionRequest = Omit<ChatRequest, 'model'> & Wanted;

/** What a call is about to ask of whom: as much as admission has to know. */
export type Intent = Estimate;

export type CompletionCall = {
  readonly owner: Uid;
  readonly requestId: string;
  readonly deadline: Deadline;
  /** Gateways between the caller and us; absent: none. */
  readonly hops?: number;
  /** Writes down that this provider is about to be called; nothing is opened or sent before it is durable. */
  readonly begin: (intent: Intent) => Promise<void>;
  /** Told of each key before it is opened: the receipt. */
  readonly onUse: (key: { provider: string; kid: string; ver: number }) => void;
};

/** Who answered, and how it came to that. */
type By = { readonly provider: string; readonly chosenBy?: ChosenBy } & Omit<Served<never>, 'value'>;

/** An answer that has begun. It must be read: an unread one keeps its connection until the deadline. */
export type ChatStream = { readonly chunks: AsyncIterable<Chunk>; readonly model: string } & By;

/** Models of one provider that the owner's keys may use, as far as it was asked: at most 100 for each key. */
export type KnownModels = {
  readonly provider: string;
  readonly default_model: string | null;
  readonly models: readonly string[];
};

/**
 * All but `models` throw `key_missing`, `key_frozen`, `key_expired`, `key_invalid`, `key_rejected`, `integrity_failed`,
 * `kms_*`, `upstream_*`, `rate_limited`, or `invalid_input` for what the provider has nothing like.
 */
export type Completions = {
  readonly chat: (request: CompletionRequest, call: CompletionCall) => Promise<ChatReply & By>;
  /** Resolves with the first piece; reading the others fails with `upstream_*`. */
  readonly stream: (request: CompletionRequest, call: CompletionCall) => Promise<ChatStream>;
  readonly embed: (
    request: Wanted & { readonly input: readonly string[] },
    call: CompletionCall,
  ) => Promise<Embeddings & By & { readonly model: string }>;
  /** Calls nobody and opens no key. */
  readonly models: (owner: Uid) => Promise<readonly KnownModels[]>;
};

type Ports = {
  readonly vault: KeyUse;
  readonly care: KeyCare;
  readonly egress: Egress;
  /** Origin per provider, from the stage's configuration: no request can name another. */
  readonly origins: Readonly<Record<string, string>>;
  readonly preferenceOf?: PreferenceOf | undefined;
  /** Told what each answer says of the owner's quota at this provider. */
  readonly pacing: Pick<Pacing, 'hear'>;
  readonly now: () => number;
};

async function adapterOf({ id, title }: ProviderFacts): Promise<ChatAdapter> {
  const adapter = await adapterFor(id);
  if (!adapter) throw new AppError('unavailable', `${title} is not configured here.`);
  return adapter;
}

/** No model known here makes more tokens of one picture. */
const PICTURE_TOKENS = 50_000;

/** What a question can cost at most. What it only points at costs as well: an address is short, its picture is not. */
function sizeOf({ messages, max_tokens }: ChatRequest, body: string, { defaultMaxTokens }: ChatAdapter) {
  const parts = messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  const pictures = parts.filter(({ type }) => type === 'image_url').length;
  return {
    inputBytes: Buffer.byteLength(body) + pictures * PICTURE_TOKENS,
    maxOutputTokens: max_tokens ?? defaultMaxTokens,
  };
}

/** Before anybody is chosen to translate it for. */
const roughSizeOf = ({ messages, tools, max_tokens }: Omit<ChatRequest, 'model'>): Size => ({
  inputBytes: Buffer.byteLength(JSON.stringify([messages, tools])),
  maxOutputTokens: max_tokens,
});

export function createCompletions(ports: Ports): Completions {
  const { vault } = ports;
  const ask = createAsk(ports);
  const serve = createKeyChain(ports);
  const choose = createKeyChoice(ports);

  /** Chooses, translates and records. What the provider has nothing like is refused before anything is recorded. */
  async function chatQuestion(
    { provider, model: name, policy, ...rest }: CompletionRequest,
    call: CompletionCall,
    { stream }: { stream: boolean },
  ) {
    const wanted = { provider, model: name, policy };
    const { facts, keys, model, chosenBy } = await choose(call.owner, wanted, roughSizeOf(rest));
    const adapter = await adapterOf(facts);
    const request = { ...rest, model };
    const path = adapter.path(request, stream);
    const body = JSON.stringify(adapter.body(request, stream));
    await call.begin({ provider: facts.id, model, ...sizeOf(request, body, adapter) });
    const accept = stream ? 'text/event-stream' : 'application/json';
    const question: Question = { facts, adapter, path, body, accept };
    return { question, keys, model, by: { provider: facts.id, ...(chosenBy && { chosenBy }) } };
  }

  return {
    async chat(request, call) {
      const { question, keys, by } = await chatQuestion(request, call, { stream: false });
      const { value, ...how } = await serve(keys, ask.whole(question, call, question.adapter.reply), call);
      return { ...replyOf(value), ...by, ...how };
    },

    async stream(request, call) {
      const { question, keys, model, by } = await chatQuestion(request, call, { stream: true });
      const { value, ...how } = await serve(keys, ask.stream(question, call), call);
      return { chunks: value, model, ...by, ...how };
    },

    async embed({ input, ...wanted }, call) {
      const { facts, keys, model } = await choose(call.owner, wanted);
      const adapter = await adapterOf(facts);
      if (!adapter.embed) throw noEmbeddings(facts);
      const { reply } = adapter.embed;
      const [path, body] = [adapter.embed.path(model), JSON.stringify(adapter.embed.body({ model, input }))];
      const size = { inputBytes: Buffer.byteLength(body), maxOutputTokens: 0 };
      await call.begin({ provider: facts.id, model, ...size });
      const question: Question = { facts, adapter, path, body, accept: 'application/json' };
      const { value, ...how } = await serve(keys, ask.whole(question, call, reply), call);
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
