// The use of a key: the one place where a provider is called on an owner's behalf.
import type { Deadline } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Uid } from '#shared/core/ids.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { Egress, EgressResponse } from '#shared/egress/egress.ts';
import type { Candidate, KeyUse } from '#shared/vault/use.ts';

import { ADAPTERS } from './adapters.ts';
import { CATALOG, factsOf, type ProviderFacts } from './catalog.ts';
import type { ChatAdapter, ChatReply, ChatRequest } from './chat.ts';
import { noKey } from './no-key.ts';
import { withoutSecret } from './without-secret.ts';

export type CompletionRequest = Omit<ChatRequest, 'model'> & {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
};

export type CompletionCall = {
  readonly owner: Uid;
  readonly deadline: Deadline;
  /** Told of each key before it is opened: the receipt. */
  readonly onUse: (key: { provider: string; kid: string; ver: number }) => void;
};

export type Completions = {
  /** @throws {AppError} `key_missing`, `key_frozen`, `key_expired`, `key_invalid`, `key_rejected`, `integrity_failed`, `kms_*`, `upstream_*`, `rate_limited` */
  readonly chat: (
    request: CompletionRequest,
    call: CompletionCall,
  ) => Promise<ChatReply & { readonly provider: string }>;
};

function refuse({ status, headers }: EgressResponse, { title, id, keyPage }: ProviderFacts): void {
  if (status < 300) return;
  if (status === 401 || status === 403) {
    throw new AppError('key_rejected', `${title} refuses the stored key.`, {
      next_step: `Make a new key at ${keyPage} and store it with POST /api-keys.`,
      url: keyPage,
      provider: id,
    });
  }
  if (status === 429) {
    const after = Number(headers['retry-after']);
    throw new AppError('rate_limited', `${title} asks to slow down.`, {
      provider: id,
      ...(Number.isInteger(after) && after > 0 && after < 3600 && { retry_after_seconds: after }),
    });
  }
  throw new AppError('upstream_failed', `${title} answered with status ${status}.`, {
    provider: id,
    upstream_status: status,
  });
}

function read(response: EgressResponse, secret: Secret, adapter: ChatAdapter): ChatReply {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(response.body);
    return adapter.reply(JSON.parse(withoutSecret(text, secret)));
  } catch {
    throw new AppError('upstream_malformed'); // no `cause`: the parser quotes the answer
  }
}

export function createCompletions(ports: {
  vault: KeyUse;
  egress: Egress;
  /** Origin per provider, from the stage's configuration: no request can name another. */
  origins: Readonly<Record<string, string>>;
}): Completions {
  const { vault, egress, origins } = ports;

  const choose = async (owner: Uid, wanted: string | undefined): Promise<[Candidate, ProviderFacts]> => {
    const provider = wanted === undefined ? undefined : factsOf(wanted).id;
    const candidates = await vault.candidates(owner, provider);
    for (const candidate of candidates) {
      const facts = CATALOG.find(({ id }) => id === candidate.provider);
      if (facts) return [candidate, facts];
    }
    throw noKey(provider, await vault.whyNone(owner, provider));
  };

  return {
    async chat({ provider: wanted, model, ...rest }, { owner, deadline, onUse }) {
      const [candidate, facts] = await choose(owner, wanted);
      const adapter = ADAPTERS[facts.id];
      const configured = origins[facts.id];
      if (!adapter || !configured)
        throw new AppError('unavailable', `${facts.title} is not configured here.`);
      onUse({ provider: candidate.provider, kid: candidate.kid, ver: candidate.ver });
      const { secret, origin } = await candidate.open();
      const patience = deadline.remainingMs();
      const request = {
        url: `${origin || configured}${adapter.path}`,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          ...adapter.headers(secret),
        },
        body: JSON.stringify(adapter.body({ ...rest, model: model ?? facts.defaultModel })),
        signal: deadline.signal,
        deadlineMs: patience,
      };
      // A model may think for as long as the caller can wait, before the first byte and between two.
      const response = await egress.send(request, { headersMs: patience, idleMs: patience });
      refuse(response, facts);
      return { ...read(response, secret, adapter), provider: facts.id };
    },
  };
}
