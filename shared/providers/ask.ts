// One question, asked with one key: the request, and what the answer says.
import type { Deadline } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import { onward } from '#shared/core/hops.ts';
import type { Uid } from '#shared/core/ids.ts';
import { wholeOf } from '#shared/egress/body.ts';
import type { Egress, EgressRequest, EgressResponse } from '#shared/egress/egress.ts';
import type { Pacing } from '#shared/limits/pace.ts';

import { readAnswer, readStream, withoutKey } from './answer.ts';
import type { ProviderFacts } from './catalog.ts';
import type { Chunk } from './chat-answer.ts';
import type { ChatAdapter } from './chat.ts';
import type { KeyValue } from './key-care.ts';
import { paceIn } from './quota-headers.ts';
import { isBusy, refusalOf, type Verdict } from './verdict.ts';

/** Ready to be asked with whichever key is taken. */
export type Question = {
  readonly facts: ProviderFacts;
  readonly adapter: ChatAdapter;
  readonly path: string;
  readonly body: string;
  readonly accept: 'application/json' | 'text/event-stream';
};

type Call = {
  readonly owner: Uid;
  readonly deadline: Deadline;
  readonly hops?: number;
  readonly onUse: (key: { provider: string; kid: string; ver: number }) => void;
};

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const MAX_STREAM_BYTES = 64 * 1024 * 1024;

type Ports = {
  readonly egress: Egress;
  readonly origins: Readonly<Record<string, string>>;
  readonly pacing: Pick<Pacing, 'hear'>;
  readonly now: () => number;
};

export function createAsk({ egress, origins, pacing, now }: Ports) {
  /**
   * What the answer says of the owner's quota there. Told before anything else becomes of it; a refusal of another kind, as of a
   * key without money, says nothing of how often the others may ask.
   */
  async function hear(
    { headers }: Pick<EgressResponse, 'headers'>,
    { facts, adapter }: Question,
    { call: { owner }, refused }: { call: Call; refused?: EgressResponse | undefined },
  ): Promise<void> {
    const busy = refused !== undefined && isBusy(refused, adapter);
    if (refused && !busy) return;
    await pacing.hear(owner, facts.id, paceIn(headers, { now: now(), busy }));
  }

  /** Opens the key, and says where it goes: to the origin sealed with it, else to the provider's configured one. */
  async function ready({ facts, adapter, path, body, accept }: Question, key: KeyValue, call: Call) {
    const { provider, kid, ver } = key;
    const configured = origins[facts.id];
    if (!facts.ownBaseUrl && !configured) {
      throw new AppError('unavailable', `${facts.title} is not configured here.`);
    }
    // Only a server that the caller chose may be a gateway, and even this one.
    const chain = facts.ownBaseUrl ? onward({ hops: 0, ...call }) : {};
    call.onUse({ provider, kid, ver });
    const { secret, origin } = await key.open();
    const patience = call.deadline.remainingMs();
    const sent: EgressRequest = {
      url: `${origin || configured}${path}`,
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, ...chain, ...adapter.headers(secret) },
      body,
      signal: call.deadline.signal,
      deadlineMs: patience,
    };
    // A model may think for as long as the caller can wait, before the first byte and between two.
    return { secret, sent, policy: { headersMs: patience, idleMs: patience } };
  }

  return {
    whole:
      <T>(question: Question, call: Call, parse: (body: unknown) => T) =>
      async (key: KeyValue): Promise<Verdict<T>> => {
        const { secret, sent, policy } = await ready(question, key, call);
        const response = await egress.send(sent, { ...policy, maxBytes: MAX_ANSWER_BYTES });
        const { facts, adapter } = question;
        const refused = response.status < 300 ? undefined : withoutKey(response, secret);
        await hear(response, question, { call, refused });
        if (!refused) return { kind: 'answered', value: readAnswer(response, secret, parse) };
        return refusalOf(refused, facts, adapter);
      },

    stream:
      (question: Question, call: Call) =>
      async (key: KeyValue): Promise<Verdict<AsyncIterable<Chunk>>> => {
        const { secret, sent, policy } = await ready(question, key, call);
        const response = await egress.stream(sent, { ...policy, maxBytes: MAX_STREAM_BYTES });
        if (response.status < 300) {
          await hear(response, question, { call });
          return { kind: 'answered', value: await readStream(response, { ...question, secret }) };
        }
        const { facts, adapter } = question;
        const body = await wholeOf(response.body, MAX_ANSWER_BYTES);
        const refused = withoutKey({ ...response, body }, secret);
        await hear(response, question, { call, refused });
        return refusalOf(refused, facts, adapter);
      },
  };
}
