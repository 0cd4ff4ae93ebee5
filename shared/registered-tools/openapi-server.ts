// Server URL for the operations of an OpenAPI document: accepted as written, or rejected; never altered.
import { AppError } from '#shared/core/errors.ts';

import { isObject, type Json } from './openapi-document.ts';
import { leadsElsewhere } from './path-segment.ts';

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

const reject = (message: string): never => {
  throw new AppError('invalid_input', 'The document does not state an unambiguous server URL.', {
    issues: [{ path: 'body.server', message }],
  });
};

/** The first server that the document names, its variables filled in with their defaults. */
function firstIn(document: Json): string {
  const [first] = Array.isArray(document['servers']) ? (document['servers'] as unknown[]) : [];
  const named = isObject(first) ? first : {};
  const variables = isObject(named['variables']) ? named['variables'] : {};
  return textOf(named['url']).replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
    const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
    const value = isObject(variable) ? textOf(variable['default']) : '';
    return value === ''
      ? reject('must name the server, because a variable of the server in the document has no default')
      : value;
  });
}

/** Patterns of text that a URL parser would silently drop, extend or rewrite, each with its error message. */
const ODD: readonly (readonly [RegExp, string])[] = [
  [/[\s\p{Cc}\p{Cf}]/u, 'has blanks or hidden characters'],
  [/\\/, 'has a backslash'],
  [/[?#]/, 'has a query or a fragment'],
  [/^[a-z][a-z0-9+.-]*:\/\/[^/]*@/i, 'has a user name or a password'],
  [/^[a-z][a-z0-9+.-]*:\/\/[^/]*[^\x21-\x7e]/i, 'has a host that is not ASCII: write it as xn--…'],
  [/^(?:[a-z][a-z0-9+.-]*:(?!\/\/[^/])|\/\/)/i, 'is not an absolute URL, or a path'],
];

/** Without its last slashes, and without regard to the case of scheme and host, which mean the same. */
const plain = (url: string): string => {
  const origin = /^[^/]*\/\/[^/]*/.exec(url)?.[0] ?? '';
  const path = url.slice(origin.length);
  return `${origin.toLowerCase().replace(/^(https:.*):443$/, '$1')}${path.replace(/\/+$/, '')}`;
};

const remedied = (message: string): string => `${message}; set server to the exact URL to call`;

function checked(text: string, base: string | undefined): string {
  for (const [pattern, message] of ODD) if (pattern.test(text)) reject(remedied(message));
  if (leadsElsewhere(text.replace(/^[a-z]+:\/\/[^/]*/i, '')))
    reject(remedied('has a path with dot segments'));
  const isAbsolute = /^[a-z][a-z0-9+.-]*:/i.test(text);
  const url = URL.parse(text, isAbsolute ? undefined : base);
  if (!url || !/^https?:$/.test(url.protocol)) return reject('must name the server');
  const { href } = url;
  if (isAbsolute && plain(href) !== plain(text)) reject(remedied('is not in normalised form'));
  return href.replace(/\/+$/, '');
}

/** Whether an operation or a path is somewhere else than the rest of the document. */
export const hasServers = ({ servers }: Json): boolean => Array.isArray(servers) && servers.length > 0;

/**
 * @param given.server server given by the registrar; takes precedence over the document's
 * @param given.base URL of the document; relative servers are resolved against it
 * @throws {AppError} `invalid_input`
 */
export function serverOf(
  document: Json,
  { server, base }: { server: string | undefined; base: string | undefined },
): string {
  return checked(server ?? (firstIn(document) || '/'), base);
}
