// One request in the gateway.
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import type { Match } from './route-table.ts';

/** Values by name as the client wrote it, in the order of arrival. */
export type Values = ReadonlyMap<string, readonly string[]>;

export type Call = {
  readonly requestId: string;
  readonly extendedRequestId: string;
  readonly receivedAt: number;
  readonly method: string;
  /** As received, percent-encoded: REST APIs pass it on unchanged. */
  readonly path: string;
  readonly query: Values;
  readonly headers: Values;
  readonly sourceIp: string;
  match?: Match;
  body?: Buffer;
  /** Context returned by the authorizer. */
  authorizer?: Readonly<Record<string, string | number>>;
};

export function createCall(request: IncomingMessage): Call {
  const [path, query = ''] = splitOnce(request.url ?? '/', '?');
  const { remoteAddress = '127.0.0.1', localPort = 80 } = request.socket;
  const headers = parseHeaders(request.rawHeaders);
  const forwarded = [...(headerValue(headers, 'x-forwarded-for')?.split(', ') ?? []), remoteAddress].join(
    ', ',
  );
  return {
    requestId: randomUUID(),
    extendedRequestId: `${randomBytes(11).toString('base64url')}=`,
    receivedAt: Date.now(),
    method: request.method ?? 'GET',
    path,
    query: parseQuery(query),
    headers: withForwarding(headers, { for: forwarded, port: String(localPort), proto: 'http' }),
    sourceIp: remoteAddress,
  };
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** Hop-by-hop headers, which are not passed to a function. */
const HOP_BY_HOP = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function parseHeaders(raw: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  const spelled = new Map<string, string>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key)) continue;
    if (!spelled.has(key)) spelled.set(key, name);
    append(headers, spelled.get(key) ?? name, raw[index + 1] ?? '');
  }
  return headers;
}

function append(values: Map<string, string[]>, name: string, value: string): void {
  const list = values.get(name);
  if (list === undefined) values.set(name, [value]);
  else list.push(value);
}

function withForwarding(
  headers: Map<string, string[]>,
  forwarded: { for: string; port: string; proto: string },
): Map<string, string[]> {
  const kept = new Map([...headers].filter(([name]) => !/^x-(forwarded-|amzn-trace-id$)/i.test(name)));
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  kept.set('X-Amzn-Trace-Id', [`Root=1-${seconds}-${randomBytes(12).toString('hex')}`]);
  kept.set('X-Forwarded-For', [forwarded.for]);
  kept.set('X-Forwarded-Port', [forwarded.port]);
  kept.set('X-Forwarded-Proto', [forwarded.proto]);
  return kept;
}

function parseQuery(text: string): Map<string, string[]> {
  const query = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(text)) append(query, name, value);
  return query;
}

/** The last value of a header, whatever the case of its name. */
export function headerValue(headers: Values, name: string): string | undefined {
  const key = name.toLowerCase();
  for (const [other, values] of headers) if (other.toLowerCase() === key) return values.at(-1);
  return undefined;
}

/** The route, once the first step has found it. */
export function requireMatch(call: Call): Match {
  if (call.match === undefined) throw new Error('The request has no route yet.');
  return call.match;
}
