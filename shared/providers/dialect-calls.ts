// Requests in the own dialect of one provider: that provider gets the body as it is, all others get it translated.
import { requireNothingDropped, headerNames } from './dropped-fields.ts';
import type { ProviderFacts } from './catalog.ts';
import type { Chunk } from './chat-answer.ts';
import type { ChatAdapter, ChatReply } from './chat.ts';
import type { ChatRequest } from './chat-request.ts';
import type { By } from './completion-call.ts';
import type { CompletionCall } from './completion-call.ts';
import type { GuardedCalls, Serve } from './guarded-calls.ts';
import type { createKeySelection } from './key-selection.ts';
import type { Wanted } from './model-name.ts';
import type { Size } from './policy.ts';
import type { createProviderCall, ProviderRequest } from './provider-call.ts';
import type { TranslatedChat } from './translated-chat.ts';

/** Events of a dialect as chunks, so that the redaction looks for the key across events, and back. */
export type EventCodec = {
  readonly chunkOf: (event: unknown) => Chunk;
  readonly eventOf: (chunk: Chunk) => unknown;
};

/** A dialect as its own provider takes it. */
export type NativeRequest = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** Fields that are left out because they would cost an unknown price. */
  readonly dropped: readonly string[];
  /** Absent: the provider does not bill the request. */
  readonly size?: Size | undefined;
  readonly events: EventCodec;
};

export type DialectRequest = {
  readonly wanted: Wanted;
  /** The provider whose dialect it is. */
  readonly dialectOf: string;
  readonly stream: boolean;
  /** Before a provider is chosen. */
  readonly roughSize: Size;
  /** @throws {AppError} `invalid_input` */
  readonly native: () => NativeRequest;
  /** The request in the neutral form, and the fields that it cannot express. @throws {AppError} `invalid_input` */
  readonly neutral: () => TranslatedChat | Promise<TranslatedChat>;
};

export type DialectAnswer = { readonly model: string } & By &
  (
    | { readonly kind: 'native'; readonly body: unknown }
    | { readonly kind: 'native stream'; readonly events: AsyncIterable<unknown> }
    | { readonly kind: 'chat'; readonly reply: ChatReply }
    | { readonly kind: 'chat stream'; readonly chunks: AsyncIterable<Chunk> }
  );

async function* eventsOf(chunks: AsyncIterable<Chunk>, { eventOf }: EventCodec): AsyncGenerator {
  for await (const chunk of chunks) if (chunk['native'] !== undefined) yield eventOf(chunk);
}

type Parts = {
  readonly select: ReturnType<typeof createKeySelection>;
  readonly guarded: GuardedCalls;
  readonly providerCall: ReturnType<typeof createProviderCall>;
  readonly adapterOf: (facts: ProviderFacts) => Promise<ChatAdapter>;
  readonly prepareChat: (
    chat: { facts: ProviderFacts; request: ChatRequest; stream: boolean },
    call: CompletionCall,
  ) => Promise<ProviderRequest>;
  readonly replyOf: (completion: ReturnType<ChatAdapter['reply']>, model: string) => ChatReply;
};

/** The call with names of fields that were lost before the provider's own translation. */
function alsoDropping(call: CompletionCall, title: string, lost: readonly string[]): CompletionCall {
  if (call.strict) requireNothingDropped(title, headerNames(lost));
  return { ...call, onDropped: (fields) => call.onDropped?.(headerNames([...lost, ...fields])) };
}

type NativeCall = {
  readonly facts: ProviderFacts;
  readonly model: string;
  readonly native: NativeRequest;
  readonly stream: boolean;
};

/** Records the call, and makes the request with the dialect's own headers. */
async function prepareNative(
  { facts, model, native, stream }: NativeCall,
  call: CompletionCall,
  own: ChatAdapter,
): Promise<ProviderRequest> {
  const dropped = headerNames(native.dropped);
  if (call.strict) requireNothingDropped(facts.title, dropped);
  await call.begin({ provider: facts.id, model, ...native.size });
  call.onDropped?.(dropped);
  const adapter: ChatAdapter = {
    ...own,
    headers: (secret) => ({ ...own.headers(secret), ...native.headers }),
    reader: () => ({ read: (event) => [native.events.chunkOf(event)] }),
  };
  const body = JSON.stringify({ ...native.body, model, ...(stream && { stream }) });
  const accept = stream ? 'text/event-stream' : 'application/json';
  return { facts, adapter, path: native.path, body, accept };
}

type Chosen = Awaited<ReturnType<Parts['select']>>;
type Serving = { readonly chosen: Chosen; readonly serve: Serve };

const byOf = ({ facts, model, chosenBy }: Chosen) => ({
  provider: facts.id,
  model,
  ...(chosenBy && { chosenBy }),
});

export function createDialectCalls({ select, guarded, providerCall, adapterOf, ...parts }: Parts) {
  const prepareOwn = async (
    { chosen: { facts, model } }: Serving,
    request: { native: NativeRequest; stream: boolean },
    call: CompletionCall,
  ) => prepareNative({ facts, model, ...request }, call, await adapterOf(facts));

  async function native(serving: Serving, request: NativeRequest, call: CompletionCall) {
    const prepared = await prepareOwn(serving, { native: request, stream: false }, call);
    const whole = providerCall.whole(prepared, call, (body) => body);
    const { value, ...how } = await serving.serve(whole);
    return { kind: 'native' as const, body: value, ...how };
  }

  async function nativeStream(serving: Serving, request: NativeRequest, call: CompletionCall) {
    const prepared = await prepareOwn(serving, { native: request, stream: true }, call);
    const { value, ...how } = await serving.serve(providerCall.stream(prepared, call));
    return { kind: 'native stream' as const, events: eventsOf(value, request.events), ...how };
  }

  async function translated({ chosen, serve }: Serving, asked: DialectRequest, call: CompletionCall) {
    const { facts, model } = chosen;
    const { stream } = asked;
    const { request, dropped } = await asked.neutral();
    const own = alsoDropping(call, facts.title, dropped);
    const prepared = await parts.prepareChat({ facts, request: { ...request, model }, stream }, own);
    if (stream) {
      const { value, ...how } = await serve(providerCall.stream(prepared, call));
      return { kind: 'chat stream' as const, chunks: value, ...how };
    }
    const whole = providerCall.whole(prepared, call, prepared.adapter.reply);
    const { value, ...how } = await serve(whole);
    return { kind: 'chat' as const, reply: parts.replyOf(value, model), ...how };
  }

  return {
    async inDialect(asked: DialectRequest, call: CompletionCall): Promise<DialectAnswer> {
      const chosen = await select(call.owner, asked.wanted, asked.roughSize);
      const by = byOf(chosen);
      return guarded(chosen, call, async (serve): Promise<DialectAnswer> => {
        const serving = { chosen, serve };
        if (chosen.facts.id !== asked.dialectOf)
          return { ...by, ...(await translated(serving, asked, call)) };
        const request = asked.native();
        if (asked.stream) return { ...by, ...(await nativeStream(serving, request, call)) };
        return { ...by, ...(await native(serving, request, call)) };
      });
    },

    /** A request that only the dialect's own provider answers, without charge. For another one nothing is called. */
    async inDialectOnly(asked: Omit<DialectRequest, 'neutral' | 'stream'>, call: CompletionCall) {
      const chosen = await select(call.owner, asked.wanted, asked.roughSize);
      const by = byOf(chosen);
      if (chosen.facts.id === asked.dialectOf)
        return guarded(chosen, call, async (serve) => ({
          ...by,
          ...(await native({ chosen, serve }, asked.native(), call)),
        }));
      return { ...by, kind: 'not native' as const, mode: 'live' as const };
    },
  };
}
export type DialectCalls = ReturnType<typeof createDialectCalls>;
