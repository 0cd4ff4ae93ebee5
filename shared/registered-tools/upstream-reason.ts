// The upstream's own reason for a rejection, for the model that has to correct itself: bounded, without the key, and never taken
// for our words.
import type { SecretMask } from '#shared/core/mask-secret.ts';
import { parseJson } from '#shared/core/scan-json.ts';

const BOUNDS = { depth: 32, nodes: 5000, values: 'rounded' } as const;
const MAX_LENGTH = 500;
const MAX_BYTES = 64 * 1024;
/** Members that hold the reason in the error formats of common APIs (RFC 9457, OAuth, JSON:API, GraphQL …), best first. */
const REASONS = [
  'message',
  'detail',
  'details',
  'error_description',
  'reason',
  'msg',
  'errors',
  'error',
  'title',
];

type Node = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** The reason among the members of an object, and which fields were wrong where that stands beside it. */
function membersIn(value: Node): string {
  const found = REASONS.filter((name) => !isEmpty(value[name]));
  const [first] = found;
  if (first === undefined) return Object.keys(value).length > 0 ? JSON.stringify(value) : '';
  const structured = found.find((name) => typeof value[name] === 'object');
  return [...new Set([first, structured ?? first])].map((name) => stringOf(value[name])).join(' ');
}

function textIn(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return JSON.stringify(value) ?? '';
  const { error } = value;
  return isObject(error) ? textIn(error) : membersIn(value);
}

const stringOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function jsonIn(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: parseJson(text, BOUNDS) };
  } catch {
    return undefined;
  }
}

/** Text on one line, without characters that hide or reorder it. Undefined: nothing is left. */
export function upstreamMessage(text: string): { readonly upstream_message?: string } {
  const line = text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\s]+/gu, ' ')
    .trim()
    .toWellFormed();
  if (line === '') return {};
  const cut = line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH).toWellFormed()}…` : line;
  return { upstream_message: cut };
}

/** @param mask of the key that the request was sent with, applied to all of the body before any of it is cut */
export function reasonIn(
  { body, headers }: { readonly body: Uint8Array; readonly headers: Readonly<Record<string, string>> },
  mask: SecretMask | undefined,
): { readonly upstream_message?: string } {
  if (body.length > MAX_BYTES || /html/i.test(headers['content-type'] ?? '')) return {};
  const text = new TextDecoder().decode(body);
  const json = jsonIn(text);
  if (json) return upstreamMessage(textIn(mask ? mask.json(json.value) : json.value));
  return upstreamMessage(mask ? mask.text(text) : text);
}
