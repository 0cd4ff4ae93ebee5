// The redirect URIs that the issuer registers: loopback on any port, and the callbacks of common MCP clients.

/** Exact callbacks: Claude; Cursor on the desktop and on the web; VS Code and its Insiders build. */
const COMMON_CALLBACKS: ReadonlySet<string> = new Set([
  'https://claude.ai/api/mcp/auth_callback',
  'https://claude.com/api/mcp/auth_callback',
  'cursor://anysphere.cursor-mcp/oauth/callback',
  'https://www.cursor.com/agents/mcp/oauth/callback',
  'https://vscode.dev/redirect',
  'https://insiders.vscode.dev/redirect',
]);
const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** RFC 8252 §7.3: plain http on a loopback host, any port and path; no user information, no fragment. */
export function isLoopbackUri(uri: string): boolean {
  const url = URL.parse(uri);
  if (url?.protocol !== 'http:' || !LOOPBACK_HOSTS.has(url.hostname)) return false;
  return url.username === '' && url.password === '' && !uri.includes('#');
}

/** Compared character by character: a URI that only resembles a callback is rejected. */
export const isAllowedRedirectUri = (uri: unknown): boolean =>
  typeof uri === 'string' && (COMMON_CALLBACKS.has(uri) || isLoopbackUri(uri));
