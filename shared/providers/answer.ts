// A provider's answer, whole or streamed, read with the key taken out of it.
import { isUtf8 } from 'node:buffer';

import { AppError, MalformedAnswer } from '#shared/core/errors.ts';
import { parseExact } from '#shared/core/exact-json.ts';
import { createSecretMask } from '#shared/core/mask-secret.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { EgressResponse, EgressStream } from '#shared/egress/egress.ts';
import { sseEvents } from '#shared/egress/sse.ts';

import type { ProviderFacts } from './catalog.ts';
import { type Chunk, type Completion, countsOf } from './chat-answer.ts';
import { type ChatAdapter, type ChatReply, MODEL_NAME, type StreamReader } from './chat.ts';
import { createRedaction } from './redact-stream.ts';

/** @throws {AppError} `upstream_malformed` for what is no JSON, or not what `read` takes */
function parsed<T>(text: string, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new MalformedAnswer(text); // no `cause`: the parser quotes the answer
  }
}

/** @throws {AppError} `upstream_malformed` */
export function readAnswer<T>({ body }: EgressResponse, secret: Secret, parse: (body: unknown) => T): T {
  const text = new TextDecoder().decode(body);
  if (!isUtf8(body)) throw new MalformedAnswer(text);
  return parsed(text, (json) => parse(createSecretMask(secret).json(parseExact(json))));
}

/** Error response with the key masked, for the code that handles the error. */
export function withoutKey<T extends EgressResponse>(response: T, secret: Secret): T {
  const mask = createSecretMask(secret);
  const text = new TextDecoder().decode(response.body);
  let said: string;
  try {
    said = JSON.stringify(mask.json(JSON.parse(text)));
  } catch {
    said = mask.text(text); // no JSON
  }
  return { ...response, body: new TextEncoder().encode(said) };
}

/** @param requested name of the model, which is recorded unless the answer names another */
export function replyOf(completion: Completion, requested: string): ChatReply {
  const [first] = completion.choices;
  return {
    text: first?.message.content ?? '',
    model: MODEL_NAME.test(completion.model ?? '') ? (completion.model ?? requested) : requested,
    finishReason: first?.finish_reason ?? 'stop',
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

const endOf = ({ end }: StreamReader, complete: boolean) => end?.(complete) ?? [];
const isFinal = ({ choices }: Chunk) => choices.some((choice) => choice.finish_reason);

/**
 * The key is looked for in what the events say together, and in each of them beside that.
 * @throws {AppError} `upstream_malformed` for an answer that ends before it is finished, `upstream_failed`, `upstream_timeout`
 */
async function* piecesOf({ body }: EgressStream, { secret, adapter, facts }: Reading): AsyncGenerator<Chunk> {
  const reader = adapter.reader();
  const redaction = createRedaction(createSecretMask(secret));
  let finished = false;
  let complete = false;
  for await (const { data } of sseEvents(body)) {
    complete ||= data === '[DONE]';
    if (data === '[DONE]') continue; // read on: the connection serves again only when it was read to its end
    const chunks = parsed(data, (json) => {
      const event = parseExact(json); // the key is taken out of what is made of it, below
      checkError(event, facts);
      return reader.read(event);
    });
    finished ||= chunks.some(isFinal);
    for (const chunk of chunks) yield* redaction.take(chunk);
  }
  const last = endOf(reader, complete);
  finished ||= last.some(isFinal);
  for (const chunk of last) yield* redaction.take(chunk);
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
