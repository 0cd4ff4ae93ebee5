// Server-sent events, as the HTML standard frames them, out of bytes that may be cut anywhere.
import { AppError } from '#shared/core/errors.ts';

export type SseEvent = {
  /** `message` where the sender names none. */
  readonly event: string;
  readonly data: string;
};

/** One event holds one piece of an answer; one this large is not a stream. */
const MAX_EVENT_LENGTH = 1024 * 1024;
const MAX_EVENTS = 200_000;

const malformed = (message: string) => new AppError('upstream_malformed', message);

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of body) {
    rest += decoded(decoder, chunk);
    // A line end may be cut in two: a carriage return waits for what follows it.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    if (rest.length > MAX_EVENT_LENGTH) throw malformed('An event of the answer is too large.');
    yield* lines;
  }
}

function decoded(decoder: TextDecoder, chunk: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: true });
  } catch {
    throw malformed('The answer is not text.'); // no `cause`: it may quote the answer
  }
}

/**
 * What was begun but not ended by an empty line is dropped, as the standard says.
 * @throws {AppError} `upstream_malformed` for too many, too large ones, or bytes that are no text
 */
export async function* sseEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<SseEvent> {
  let event = '';
  let data: string[] = [];
  let length = 0;
  let count = 0;
  for await (const line of linesOf(body)) {
    if (line === '') {
      count += 1;
      if (count > MAX_EVENTS) throw malformed('The answer has too many events.');
      if (data.length > 0) yield { event: event || 'message', data: data.join('\n') };
      [event, data, length] = ['', [], 0];
      continue;
    }
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/su.exec(line) ?? [];
    length += value.length;
    if (length > MAX_EVENT_LENGTH) throw malformed('An event of the answer is too large.');
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
  }
}
