// A provider's answer, whole or streamed, read with the key taken out of it.
import { isUtf8 } from 'node:buffer';

import { AppError, MalformedAnswer } from '#shared/core/errors.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { EgressResponse, EgressStream } from '#shared/egress/egress.ts';
import { sseEvents } from '#shared/egress/sse.ts';

import type { ProviderFacts } from './catalog.ts';
import { type Chunk, type Completion, countsOf } from './chat-answer.ts';
import type { ChatAdapter, ChatReply } from './chat.ts';
import { createRedaction } from './redact-stream.ts';
import { formsOf, withoutForms, withoutSecret } from './without-secret.ts';

/** The key may be written with escapes, so that the document does not hold what its strings do. */
function jsonWithout(text: string, forms: readonly string[]): unknown {
  const clean = withoutForms(text, forms);
  if (!clean.includes('\\')) return JSON.parse(clean);
  return JSON.parse(clean, (_name, value) =>
    typeof value === 'string' ? withoutForms(value, forms) : value,
  );
}

/** @throws {AppError} `upstream_malformed` for what is no JSON, or not what `parse` takes */
function parsed<T>(text: string, forms: readonly string[], parse: (body: unknown) => T): T {
  try {
    return parse(jsonWithout(text, forms));
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new MalformedAnswer(text); // no `cause`: the parser quotes the answer
  }
}

/** @throws {AppError} `upstream_malformed` */
export function readAnswer<T>({ body }: EgressResponse, secret: Secret, parse: (body: unknown) => T): T {
  const text = new TextDecoder().decode(body);
  if (!isUtf8(body)) throw new MalformedAnswer(text);
  return parsed(text, formsOf(secret), parse);
}

/** What a refusal says, for who has to decide by it. */
export function withoutKey<T extends EgressResponse>(response: T, secret: Secret): T {
  const text = withoutSecret(new TextDecoder().decode(response.body), secret);
  return { ...response, body: new TextEncoder().encode(text) };
}

export function replyOf(completion: Completion): ChatReply {
  const [first] = completion.choices;
  return {
    text: first?.message.content ?? '',
    model: completion.model,
    finishReason: first?.finish_reason ?? 'unknown',
    usage: countsOf(completion.usage),
    completion,
  };
}

type Reading = { readonly secret: Secret; readonly adapter: ChatAdapter; readonly facts: ProviderFacts };

/** An error in mid-stream, which every dialect says in these words. */
function checkError(data: unknown, { title, id }: ProviderFacts): void {
  const failed = typeof data === 'object' && data !== null && 'error' in data && data.error;
  if (failed) throw new AppError('upstream_failed', `${title} broke the answer off.`, { provider: id });
}

/**
 * The key is looked for in each event, and in what the events say together.
 * @throws {AppError} `upstream_malformed` for an answer that ends before it is finished, `upstream_failed`, `upstream_timeout`
 */
async function* piecesOf({ body }: EgressStream, { secret, adapter, facts }: Reading): AsyncGenerator<Chunk> {
  const read = adapter.reader();
  const forms = formsOf(secret);
  const redaction = createRedaction(forms);
  let finished = false;
  for await (const { data } of sseEvents(body)) {
    if (data === '[DONE]') continue; // read on: the connection serves again only when it was read to its end
    const chunks = parsed(data, forms, (event) => {
      checkError(event, facts);
      return read(event);
    });
    finished ||= chunks.some(({ choices }) => choices.some((choice) => choice.finish_reason));
    for (const chunk of chunks) yield* redaction.take(chunk);
  }
  yield* redaction.end();
  if (!finished) throw new MalformedAnswer('');
}

/** Waits for the first piece: what fails before it can still be told by a status, or mended by another key. */
export async function readStream(response: EgressStream, reading: Reading): Promise<AsyncGenerator<Chunk>> {
  const pieces = piecesOf(response, reading);
  const first = await pieces.next();
  return (async function* () {
    if (!first.done) yield first.value;
    yield* pieces;
  })();
}
