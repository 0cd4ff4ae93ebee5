// One request to a provider with one key.
import type { Deadline } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import { hopHeaders } from '#shared/core/hops.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { readAll } from '#shared/egress/body.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { Egress, EgressRequest, EgressResponse, EgressStream } from '#shared/egress/egress.ts';
import type { ProviderPacing } from '#shared/limits/provider-pacing.ts';

import { readAnswer, readStream, withoutKey } from './answer.ts';
import type { ProviderFacts } from './catalog.ts';
import { type Chunk, chunksOf } from './chat-answer.ts';
import type { ChatAdapter } from './chat.ts';
import type { KeyValue } from './failover.ts';
import { paceIn } from './quota-headers.ts';
import { isBusy, rejectionIn, type Verdict } from './provider-error.ts';

/** A translated request, to be sent with whichever key is chosen. */
export type ProviderRequest = {
  readonly facts: ProviderFacts;
  readonly adapter: ChatAdapter;
  readonly path: string;
  readonly body: string;
  readonly accept: 'application/json' | 'text/event-stream';
};

type Call = {
  readonly owner: OwnerId;
  readonly deadline: Deadline;
  readonly hops?: number;
  readonly onUse: (key: { provider: string; kid: string; version: number }) => void;
};

/** Routes that stream can return all of it: Lambda streams up to 200 MB. Buffered ones check what they can return. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const MAX_STREAM_BYTES = 64 * 1024 * 1024;

type Ports = {
  readonly egress: Egress;
  readonly origins: Readonly<Record<string, string>>;
  readonly pacing: Pick<ProviderPacing, 'observe'>;
  readonly now: () => number;
};

/** Some servers answer a request for a stream with the whole. */
async function toAnswerStream(response: EgressStream, { facts, adapter }: ProviderRequest, secret: Secret) {
  if (!/^application\/json\b/i.test(response.headers['content-type'] ?? '')) {
    return readStream(response, { facts, adapter, secret });
  }
  const body = await readAll(response.body, MAX_ANSWER_BYTES);
  const chunks = chunksOf(readAnswer({ ...response, body }, secret, adapter.reply));
  return (async function* () {
    yield* chunks;
  })();
}

export function createProviderCall({ egress, origins, pacing, now }: Ports) {
  /**
   * Records the owner's remaining quota that a response states, before the response is used. Other rejections, as of an account
   * without money, say nothing about the rate of the other keys.
   */
  async function observe(
    { headers }: Pick<EgressResponse, 'headers'>,
    { facts, adapter }: ProviderRequest,
    { call: { owner }, failure }: { call: Call; failure?: EgressResponse | undefined },
  ): Promise<void> {
    const busy = failure !== undefined && isBusy(failure, adapter);
    if (failure && !busy) return;
    await pacing.observe(owner, facts.id, paceIn(headers, { now: now(), busy }));
  }

  /** Opens the key. It goes to the origin sealed with it, else to the configured origin of its provider. */
  async function prepare({ facts, adapter, path, body, accept }: ProviderRequest, key: KeyValue, call: Call) {
    const { provider, kid, version } = key;
    const configured = origins[facts.id];
    if (!facts.address && !configured) {
      throw new AppError('unavailable', `${facts.title} is not configured on this stage.`);
    }
    // Only a server that the owner chose may be a gateway, or this one again.
    const chain = facts.ownBaseUrl ? hopHeaders({ hops: 0, ...call }) : {};
    call.onUse({ provider, kid, version });
    const { secret, origin } = await key.open();
    const remainingMs = call.deadline.remainingMs();
    const sent: EgressRequest = {
      url: `${origin || configured}${path}`,
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, ...chain, ...adapter.headers(secret) },
      body,
      signal: call.deadline.signal,
      deadlineMs: remainingMs,
      bedrock: facts.address === 'region',
    };
    // A model may think for as long as the caller can wait, before the first byte and between two.
    return { secret, sent, policy: { headersMs: remainingMs, idleMs: remainingMs } };
  }

  return {
    whole:
      <T>(request: ProviderRequest, call: Call, parse: (body: unknown) => T) =>
      async (key: KeyValue): Promise<Verdict<T>> => {
        const { secret, sent, policy } = await prepare(request, key, call);
        const response = await egress.send(sent, { ...policy, maxBytes: MAX_ANSWER_BYTES });
        const { facts, adapter } = request;
        const failure = response.status < 300 ? undefined : withoutKey(response, secret);
        await observe(response, request, { call, failure });
        if (!failure) return { kind: 'answered', value: readAnswer(response, secret, parse) };
        return rejectionIn(failure, facts, adapter);
      },

    stream:
      (request: ProviderRequest, call: Call) =>
      async (key: KeyValue): Promise<Verdict<AsyncIterable<Chunk>>> => {
        const { secret, sent, policy } = await prepare(request, key, call);
        const response = await egress.stream(sent, { ...policy, maxBytes: MAX_STREAM_BYTES });
        if (response.status < 300) {
          await observe(response, request, { call });
          return { kind: 'answered', value: await toAnswerStream(response, request, secret) };
        }
        const { facts, adapter } = request;
        const body = await readAll(response.body, MAX_ANSWER_BYTES);
        const failure = withoutKey({ ...response, body }, secret);
        await observe(response, request, { call, failure });
        return rejectionIn(failure, facts, adapter);
      },
  };
}
