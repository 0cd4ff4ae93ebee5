// The use of a key: the one place where a provider is called on an owner's behalf.
import { isUtf8 } from 'node:buffer';

import type { Deadline } from '#shared/core/deadline.ts';
import { AppError, MalformedAnswer } from '#shared/core/errors.ts';
import type { Uid } from '#shared/core/ids.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { Egress, EgressResponse } from '#shared/egress/egress.ts';
import type { Pacing } from '#shared/limits/pace.ts';
import type { Candidate, KeyUse } from '#shared/vault/use.ts';

import { ADAPTERS } from './adapters.ts';
import { CATALOG, factsOf, type ProviderFacts } from './catalog.ts';
import type { ChatAdapter, ChatReply, ChatRequest } from './chat.ts';
import type { KeyCare, KeyValue } from './key-care.ts';
import { createKeyChain, type Served } from './key-chain.ts';
import { noKey } from './no-key.ts';
import { paceIn } from './quota-headers.ts';
import { isBusy, refusalIn, type Verdict } from './verdict.ts';
import { withoutSecret } from './without-secret.ts';

export type CompletionRequest = Omit<ChatRequest, 'model'> & {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
};

/** What a call is about to ask of whom: as much as admission has to know. */
export type Intent = { readonly provider: string; readonly model: string };

export type CompletionCall = {
  readonly owner: Uid;
  readonly requestId: string;
  readonly deadline: Deadline;
  /** Writes down that this provider is about to be called; nothing is opened or sent before it is durable. */
  readonly begin: (intent: Intent) => Promise<void>;
  /** Told of each key before it is opened: the receipt. */
  readonly onUse: (key: { provider: string; kid: string; ver: number }) => void;
};

export type Completions = {
  /** @throws {AppError} `key_missing`, `key_frozen`, `key_expired`, `key_invalid`, `key_rejected`, `integrity_failed`, `kms_*`, `upstream_*`, `rate_limited` */
  readonly chat: (
    request: CompletionRequest,
    call: CompletionCall,
  ) => Promise<ChatReply & { readonly provider: string } & Omit<Served<never>, 'value'>>;
};

function read(response: EgressResponse, secret: Secret, adapter: ChatAdapter): ChatReply {
  const text = new TextDecoder().decode(response.body);
  try {
    if (isUtf8(response.body)) return adapter.reply(JSON.parse(withoutSecret(text, secret)));
  } catch {
    // no `cause`: the parser quotes the answer
  }
  throw new MalformedAnswer(text);
}

/**
 * The owner's keys of the provider they asked for, else of the one their first key belongs to.
 * @throws {AppError} `key_missing`, `key_frozen`, `key_expired`, `key_invalid`
 */
async function keysFor(
  { owner, wanted }: { owner: Uid; wanted: string | undefined },
  vault: KeyUse,
): Promise<[ProviderFacts, [Candidate, ...Candidate[]]]> {
  const provider = wanted === undefined ? undefined : factsOf(wanted).id;
  const candidates = await vault.candidates(owner, provider);
  for (const first of candidates) {
    const facts = CATALOG.find(({ id }) => id === first.provider);
    if (!facts) continue;
    return [facts, [first, ...candidates.filter((other) => other !== first && other.provider === facts.id)]];
  }
  throw noKey(provider, await vault.whyNone(owner, provider));
}

export function createCompletions(ports: {
  vault: KeyUse;
  care: KeyCare;
  egress: Egress;
  /** Origin per provider, from the stage's configuration: no request can name another. */
  origins: Readonly<Record<string, string>>;
  /** Told what each answer says of the owner's quota at this provider. */
  pacing: Pick<Pacing, 'hear'>;
  now: () => number;
}): Completions {
  const { vault, egress, origins, pacing, now } = ports;
  const serve = createKeyChain(ports);

  const dialectOf = ({ id, title }: ProviderFacts): { adapter: ChatAdapter; configured: string } => {
    const [adapter, configured] = [ADAPTERS[id], origins[id]];
    if (!adapter || !configured) throw new AppError('unavailable', `${title} is not configured here.`);
    return { adapter, configured };
  };

  return {
    async chat({ provider: wanted, model, ...rest }, call) {
      const [facts, keys] = await keysFor({ owner: call.owner, wanted }, vault);
      const { adapter, configured } = dialectOf(facts);
      const request: ChatRequest = { ...rest, model: model ?? facts.defaultModel };
      const body = JSON.stringify(adapter.body(request));
      await call.begin({ provider: facts.id, model: request.model });

      const ask = async ({ provider, kid, ver, open }: KeyValue): Promise<Verdict<ChatReply>> => {
        call.onUse({ provider, kid, ver });
        const { secret, origin } = await open();
        const patience = call.deadline.remainingMs();
        const sent = {
          url: `${origin || configured}${adapter.path}`,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            accept: 'application/json',
            ...adapter.headers(secret),
          },
          body,
          signal: call.deadline.signal,
          deadlineMs: patience,
        };
        // A model may think for as long as the caller can wait, before the first byte and between two.
        const response = await egress.send(sent, { headersMs: patience, idleMs: patience });
        const told = paceIn(response.headers, { now: now(), busy: isBusy(response, adapter) });
        await pacing.hear(call.owner, facts.id, told);
        const refusal = refusalIn(response, facts, adapter);
        return refusal ?? { kind: 'answered', value: read(response, secret, adapter) };
      };

      const { value, ...how } = await serve(keys, ask, call);
      return { ...value, provider: facts.id, ...how };
    },
  };
}
