// Redirect URIs at which a client may receive an authorization code: an exact list, and loopback by RFC 8252 §7.3.
import * as z from 'zod/mini';

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * Allow-list of a stage. `http://127.0.0.1`, `http://[::1]` and `http://localhost` stand for any port and path of that host:
 * native clients take a free port at each sign-in.
 */
export const RedirectUris = z.array(z.string().check(z.minLength(1), z.maxLength(512)));

export type IsAllowedRedirectUri = (uri: string) => boolean;

export function createRedirectPolicy(allowed: readonly string[]): IsAllowedRedirectUri {
  const exact = new Set(allowed);
  return (uri) => {
    const host = loopbackHost(uri);
    return exact.has(uri) || (host !== undefined && exact.has(`http://${host}`));
  };
}

/** The host of a plain http URI on this machine, without user information and fragment. */
export function loopbackHost(uri: string): string | undefined {
  const url = URL.parse(uri);
  if (url?.protocol !== 'http:' || !LOOPBACK_HOSTS.has(url.hostname)) return undefined;
  // Compared as written: the parser normalises `http:/127.1`, backslashes and line breaks, which another parser may not.
  if (!uri.startsWith(`http://${url.hostname}`) || /[\\#@\s]/.test(uri)) return undefined;
  return url.hostname;
}
