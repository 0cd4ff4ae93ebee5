// Server-sent events of a response, bounded. The framing of the HTML standard is eventsource-parser's.
import { createParser } from 'eventsource-parser';

import { AppError } from '#shared/core/errors.ts';

export type SseEvent = {
  /** Event type; `message` by default. */
  readonly event: string;
  readonly data: string;
};

/** Maximum size of an event. A larger one is not part of a response stream. */
const MAX_EVENT_LENGTH = 1024 * 1024;
const MAX_EVENTS = 200_000;

const malformed = (message: string) => new AppError('upstream_malformed', message);

function decoded(decoder: TextDecoder, chunk: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: true });
  } catch {
    throw malformed('The answer is not text.'); // no `cause`: it may quote the answer
  }
}

/** Parser that collects the events of each chunk. The errors of the library quote the answer: only their kind is used. */
function createCollector() {
  let events: SseEvent[] = [];
  let count = 0;
  let isTooLarge = false;
  const counted = () => void (count += 1);
  const parser = createParser({
    maxBufferSize: MAX_EVENT_LENGTH,
    onComment: counted,
    onError: ({ type }) => void (isTooLarge ||= type === 'max-buffer-size-exceeded'),
    onEvent({ event, data }) {
      counted();
      events.push({ event: event || 'message', data });
    },
  });
  return (text: string): readonly SseEvent[] => {
    events = [];
    parser.feed(text);
    if (isTooLarge || events.some(({ data }) => data.length > MAX_EVENT_LENGTH))
      throw malformed('An event of the answer is too large.');
    if (count > MAX_EVENTS) throw malformed('The answer has too many events.');
    return events;
  };
}

/**
 * Drops an event that is not terminated by an empty line, as the standard requires.
 * @throws {AppError} `upstream_malformed` for too many events, too large ones, or invalid UTF-8
 */
export async function* sseEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<SseEvent> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const collect = createCollector();
  for await (const chunk of body) yield* collect(decoded(decoder, chunk));
}
