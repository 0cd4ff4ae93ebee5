// A desktop MCP client that signs in, and its user's browser.
import {
  Client,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';

const REDIRECT = 'http://127.0.0.1:54321/callback';

/** State of a desktop client: its registration, its tokens, and where it sent the user. */
export function session() {
  let tokens: Awaited<ReturnType<OAuthClientProvider['tokens']>>;
  let verifier = '';
  let sentTo: URL | undefined;
  let discovery: OAuthDiscoveryState | undefined;
  const provider: OAuthClientProvider = {
    redirectUrl: REDIRECT,
    clientMetadata: { redirect_uris: [REDIRECT], client_name: 'a desktop client' },
    clientInformation: () => ({ client_id: 'portunus-cli' }),
    tokens: () => tokens,
    saveTokens(fresh) {
      tokens = fresh;
    },
    redirectToAuthorization(url) {
      sentTo = url;
    },
    saveCodeVerifier(fresh) {
      verifier = fresh;
    },
    codeVerifier: () => verifier,
    saveDiscoveryState(fresh) {
      discovery = fresh;
    },
    discoveryState: () => discovery,
  };
  return {
    provider,
    sentTo: () => sentTo,
    accessToken: () => tokens?.access_token ?? '',
    refreshToken: () => tokens?.refresh_token ?? '',
  };
}

/** The user's browser: follows redirects, keeps cookies, picks a user on the login page; returns the code. */
export async function browse(start: URL, user: string): Promise<string> {
  const cookies = new Map<string, string>();
  let next = start;
  let form: Record<string, string> | undefined;
  for (let step = 0; step < 8; step += 1) {
    if (next.href.startsWith(REDIRECT)) return next.searchParams.get('code') ?? '';
    const response = await fetch(next, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const location = response.headers.get('location');
    form = location ? undefined : { sub: user };
    if (location) next = new URL(location, next);
  }
  throw new Error('The sign-in did not come to an end.');
}

/** One attempt to connect, with what the client knows by then. */
export function connectTo(url: string, authProvider: OAuthClientProvider, era: 'legacy' | 'auto' = 'legacy') {
  const info = { name: 'a desktop client', version: '1.0.0' };
  const client = new Client(info, era === 'auto' ? { versionNegotiation: { mode: 'auto' } } : {});
  const transport = new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { authProvider });
  return { client, transport, connected: client.connect(transport) };
}
