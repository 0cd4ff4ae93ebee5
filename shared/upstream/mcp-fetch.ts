// How the MCP client reaches an upstream: through the guard, to one URL, with one key, and what comes back is read before it is.
import { AppError, MalformedAnswer } from '#shared/core/errors.ts';
import type { Deadline } from '#shared/core/deadline.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { Egress, EgressResponse } from '#shared/egress/egress.ts';

import { jsonIn, refuseFailure, textIn } from './answer.ts';

const MAX_BYTES = 1024 * 1024;
/** Who asks, of what, in which session. Nothing else that the client might say of itself. */
const PASSED = /^(?:accept|content-type|mcp-(?:protocol-version|method|name|session-id|param-[a-z0-9-]+))$/;
const SESSION = 'mcp-session-id';
const SESSION_ID = /^[\x21-\x7e]{1,256}$/;

type Message = Readonly<Record<string, unknown>>;

export type Line = {
  readonly url: string;
  readonly alias: string;
  readonly egress: Egress;
  readonly deadline: Deadline;
  readonly secret: Secret | undefined;
  /** The key, as the upstream is shown it. */
  readonly shown: Readonly<Record<string, string>>;
};

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The events of a stream that has ended. Those without data only keep it open. */
const eventsIn = (text: string): string[] =>
  text.split(/\r?\n\r?\n|\r\r/).flatMap((event) => {
    const lines = event.split(/\r\n|\r|\n/).filter((line) => line.startsWith('data:'));
    const data = lines.map((line) => line.slice('data:'.length).replace(/^ /, '')).join('\n');
    return data === '' ? [] : [data];
  });

/**
 * The one answer to what was asked. Notices beside it are dropped, and so are questions: we have nothing to answer them with.
 * @throws {AppError} `upstream_malformed` where there is none: another request's answer is not ours
 */
function answerIn(texts: readonly string[], id: unknown): Message {
  const messages = texts.map(jsonIn).filter(isMessage);
  const answers = messages.filter((message) => 'result' in message || 'error' in message);
  const [answer] = answers;
  if (answers.length !== 1 || answer?.['jsonrpc'] !== '2.0' || answer['id'] !== id)
    throw new MalformedAnswer(texts.join('\n'));
  return answer;
}

function idIn(body: unknown): unknown {
  const asked: unknown = typeof body === 'string' ? JSON.parse(body) : undefined;
  return isMessage(asked) ? asked['id'] : undefined;
}

function sessionOf({ headers }: EgressResponse): Record<string, string> {
  const session = headers[SESSION];
  if (session === undefined) return {};
  if (!SESSION_ID.test(session)) throw new AppError('upstream_malformed');
  return { [SESSION]: session };
}

/** What the client gets to see: bounded, in UTF-8, without the key, and the answer to its own request. */
function seenBy(response: EgressResponse, id: unknown, { secret, alias }: Line): Response {
  const { status } = response;
  const text = textIn(response.body, secret);
  const type = response.headers['content-type'] ?? '';
  if (status === 401 || status === 403 || status === 429 || status >= 500) refuseFailure(response, alias);
  const headers = { 'content-type': 'application/json', ...sessionOf(response) };
  if (status >= 300) return new Response(text.trimStart().startsWith('{') ? text : '{}', { status, headers });
  if (id === undefined) return new Response(null, { status: 202, headers: sessionOf(response) });
  const texts = /^text\/event-stream/i.test(type) ? eventsIn(text) : [text];
  return Response.json(answerIn(texts, id), { headers });
}

/** `failed` is told of what the client would put into words of its own. */
export function guardedFetch(line: Line, failed: (error: unknown) => void) {
  const { url, egress, deadline, shown } = line;

  async function ask(target: string, init: RequestInit): Promise<Response> {
    if (target !== url) throw new AppError('egress_refused', undefined, { rule: 'url' });
    const { method = 'GET', body } = init;
    // Streams of notices would outlive the call.
    if (method === 'GET') return new Response(null, { status: 405, headers: { allow: 'POST' } });
    const passed = [...new Headers(init.headers)].filter(([name]) => PASSED.test(name));
    const patience = deadline.remainingMs();
    const response = await egress.send(
      {
        url,
        method,
        headers: { ...Object.fromEntries(passed), ...shown },
        ...(typeof body === 'string' && { body }),
        signal: deadline.signal,
        deadlineMs: patience,
      },
      { maxBytes: MAX_BYTES, headersMs: patience },
    );
    return seenBy(response, idIn(body), line);
  }

  return async (target: string | URL, init: RequestInit = {}): Promise<Response> => {
    try {
      return await ask(String(target), init);
    } catch (error) {
      failed(error);
      throw error;
    }
  };
}
