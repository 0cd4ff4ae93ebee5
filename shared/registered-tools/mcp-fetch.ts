// Fetch function of the MCP client: calls one URL with one key through the egress guard, and checks each response before the
// client reads it.
import { setTimeout as pause } from 'node:timers/promises';

import { AppError, MalformedAnswer } from '#shared/core/errors.ts';
import type { Deadline } from '#shared/core/deadline.ts';
import type { SecretMask } from '#shared/core/mask-secret.ts';
import { readAll } from '#shared/egress/body.ts';
import type { Egress, EgressStream } from '#shared/egress/egress.ts';
import { sseEvents } from '#shared/egress/sse.ts';
import type { ToolCall } from '#shared/tools/tool.ts';

import { assertSuccess, jsonIn, textIn } from './answer.ts';
import { progressIn } from './progress.ts';

const MAX_BYTES = 1024 * 1024;
/** Request headers of the client that are forwarded: content types and MCP headers. All others are dropped. */
const PASSED = /^(?:accept|content-type|mcp-(?:protocol-version|method|name|session-id|param-[a-z0-9-]+))$/;
const LINGER_MS = 100;
const SESSION = 'mcp-session-id';
const SESSION_ID = /^[\x21-\x7e]{1,256}$/;

type Message = Readonly<Record<string, unknown>>;

export type Line = {
  readonly url: string;
  readonly alias: string;
  readonly egress: Egress;
  readonly deadline: Deadline;
  /** Mask for the key that is sent with the requests; undefined: none is sent. */
  readonly mask: SecretMask | undefined;
  /** Headers added to every request: the key in the form that the upstream expects, and the hop headers. */
  readonly shown: Readonly<Record<string, string>>;
  readonly progress?: ToolCall['progress'];
  /** Called with the name of each listed tool whose definition contains the key. */
  readonly onQuotedKey: (toolName: string) => void;
};

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isAnswer = (message: Message): boolean => 'result' in message || 'error' in message;

/** @throws {AppError} `upstream_malformed`: another request's answer is not ours */
function checkAnswer(answer: unknown, asked: Message): Message {
  if (isMessage(answer) && isAnswer(answer) && answer['jsonrpc'] === '2.0' && answer['id'] === asked['id'])
    return answer;
  throw new MalformedAnswer(JSON.stringify(answer));
}

const bodyText = async ({ body }: EgressStream): Promise<string> => textIn(await readAll(body, MAX_BYTES));

const toolsIn = (message: unknown): readonly unknown[] => {
  const result = isMessage(message) ? message['result'] : undefined;
  const tools = isMessage(result) ? result['tools'] : undefined;
  return Array.isArray(tools) ? tools : [];
};

/** The one place where a message of the upstream is read: the key is masked before anything is made of it. */
function messageIn(text: string, { mask, onQuotedKey }: Line): unknown {
  const said = jsonIn(text);
  if (!mask) return said;
  const message = mask.json(said);
  const before = toolsIn(said);
  for (const [index, tool] of toolsIn(message).entries()) {
    const isMasked = JSON.stringify(tool) !== JSON.stringify(before[index]);
    if (isMasked && isMessage(tool)) onQuotedKey(String(tool['name']));
  }
  return message;
}

function relay(notice: Message, asked: Message, { progress }: Line): void {
  const update = progress && progressIn(notice, asked);
  if (update) progress(update);
}

/**
 * The first answer of a stream; what comes after it is not read. Notices before it are dropped, and so are questions: we have
 * nothing to answer them with.
 */
async function answerAmong({ body }: EgressStream, asked: Message, line: Line): Promise<Message> {
  const events = sseEvents(body);
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new MalformedAnswer('');
    if (value.data === '') continue; // it only keeps the stream open
    const message = messageIn(value.data, line);
    if (isMessage(message) && !isAnswer(message)) {
      relay(message, asked, line);
      continue;
    }
    const answer = checkAnswer(message, asked);
    await drained(events);
    return answer;
  }
}

/** Most streams end with their answer, and a connection that was read to the end serves again. */
async function drained(events: AsyncIterable<unknown>): Promise<void> {
  const end = Array.fromAsync(events, () => undefined).catch(() => undefined);
  await Promise.race([end, pause(LINGER_MS, undefined, { ref: false })]);
}

function askedIn(body: unknown): Message {
  const asked: unknown = typeof body === 'string' ? JSON.parse(body) : undefined;
  return isMessage(asked) ? asked : {};
}

function sessionOf({ headers }: EgressStream): Record<string, string> {
  const session = headers[SESSION];
  if (session === undefined) return {};
  if (!SESSION_ID.test(session)) throw new AppError('upstream_malformed');
  return { [SESSION]: session };
}

const REJECTION_STATUSES = new Set([401, 403, 429]);
const isStream = ({ headers }: EgressStream): boolean =>
  /^text\/event-stream/i.test(headers['content-type'] ?? '');

/** Reads the answer to this request from a successful response; their ids must match. */
async function answerTo(asked: Message, response: EgressStream, line: Line): Promise<Message> {
  if (isStream(response)) return answerAmong(response, asked, line);
  return checkAnswer(messageIn(await bodyText(response), line), asked);
}

/** Response as passed to the client: bounded, in UTF-8, without the key, and the answer to its own request. */
async function seenBy(response: EgressStream, asked: Message, line: Line): Promise<Response> {
  const { status } = response;
  if (REJECTION_STATUSES.has(status) || status >= 500) assertSuccess(response, { alias: line.alias });
  const headers = { 'content-type': 'application/json', ...sessionOf(response) };
  if (status < 300 && asked['id'] !== undefined)
    return Response.json(await answerTo(asked, response, line), { headers });
  const text = await bodyText(response);
  if (status < 300) return new Response(null, { status: 202, headers });
  return new Response(text.trimStart().startsWith('{') ? JSON.stringify(messageIn(text, line)) : '{}', {
    status,
    headers,
  });
}

/** Calls `failed` with each error before it is thrown: the client would replace its text. */
export function guardedFetch(line: Line, failed: (error: unknown) => void) {
  const { url, egress, deadline, shown } = line;

  async function ask(target: string, init: RequestInit): Promise<Response> {
    if (target !== url) throw new AppError('egress_refused', undefined, { rule: 'url' });
    const { method = 'GET', body } = init;
    // Streams of notices would outlive the call.
    if (method === 'GET') return new Response(null, { status: 405, headers: { allow: 'POST' } });
    const passed = [...new Headers(init.headers)].filter(([name]) => PASSED.test(name));
    const remainingMs = deadline.remainingMs();
    const over = new AbortController();
    try {
      const response = await egress.stream(
        {
          url,
          method,
          headers: { ...Object.fromEntries(passed), ...shown },
          ...(typeof body === 'string' && { body }),
          signal: AbortSignal.any([deadline.signal, over.signal]),
          deadlineMs: remainingMs,
        },
        { maxBytes: MAX_BYTES, headersMs: remainingMs, idleMs: remainingMs },
      );
      return await seenBy(response, askedIn(body), line);
    } finally {
      over.abort(); // whatever was not read is not waited for
    }
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
