// Parser for server-sent events, as framed by the HTML standard, from chunks that may be split anywhere.
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

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of body) {
    const text = decoded(decoder, chunk);
    const mayEnd = rest.endsWith('\r') || /[\r\n]/.test(text);
    rest += text;
    // Searched only when the chunk has a line end: a long line that arrives byte by byte would otherwise be searched
    // for every byte. A carriage return at the end waits for the next byte, because CRLF may be split.
    const lines = mayEnd ? rest.split(/\r\n|\n|\r(?!$)/) : [rest];
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

function parseField(line: string): { field: string; value: string } {
  const cut = line.indexOf(':');
  if (cut < 0) return { field: line, value: '' };
  return { field: line.slice(0, cut), value: line.slice(line[cut + 1] === ' ' ? cut + 2 : cut + 1) };
}

/** Parses the lines of one event; undefined without data, as for a comment. */
function parseEvent(lines: readonly string[]): SseEvent | undefined {
  const fields = lines.map(parseField);
  const data = fields.filter(({ field }) => field === 'data').map(({ value }) => value);
  const event = fields.findLast(({ field }) => field === 'event')?.value;
  return data.length > 0 ? { event: event || 'message', data: data.join('\n') } : undefined;
}

/**
 * Drops an event that is not terminated by an empty line, as the standard requires.
 * @throws {AppError} `upstream_malformed` for too many events, too large ones, or invalid UTF-8
 */
export async function* sseEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<SseEvent> {
  let lines: string[] = [];
  let length = 0;
  let count = 0;
  for await (const line of linesOf(body)) {
    length += line.length;
    if (length > MAX_EVENT_LENGTH) throw malformed('An event of the answer is too large.');
    if (line !== '') {
      lines.push(line);
      continue;
    }
    count += 1;
    if (count > MAX_EVENTS) throw malformed('The answer has too many events.');
    const event = parseEvent(lines);
    if (event) yield event;
    [lines, length] = [[], 0];
  }
}
