// A real MCP client that knows nothing but the URL: challenge → metadata → issuer → code with PKCE → token → tool.
import {
  Client,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { expect, it } from 'vitest';

import { onEngine, usePortunus } from '#test/support/suite.ts';

const REDIRECT = 'http://127.0.0.1:54321/callback';

/** What a desktop client keeps: its registration, its tokens, and where it sent the user. */
function session() {
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
  return { provider, sentTo: () => sentTo, accessToken: () => tokens?.access_token ?? '' };
}

/** The user's browser: follows redirects, keeps cookies, picks a user on the login page; returns the code. */
async function browse(start: URL, user: string): Promise<string> {
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

onEngine('an MCP client that is given the URL only', () => {
  const portunus = usePortunus();

  it('finds the issuer, signs its user in and calls a tool', async () => {
    const { current } = portunus;
    const { provider, sentTo, accessToken } = session();
    const connect = () => {
      const client = new Client({ name: 'a desktop client', version: '1.0.0' });
      const transport = new StreamableHTTPClientTransport(new URL(`${current.url}/mcp`), {
        authProvider: provider,
      });
      return { client, transport, connected: client.connect(transport) };
    };

    const first = connect();
    await expect(first.connected).rejects.toBeInstanceOf(UnauthorizedError);
    const authorization = sentTo();
    expect(authorization?.origin).toBe(current.issuer.url);
    expect(authorization?.searchParams.get('resource')).toBe(`${current.url}/mcp`);
    expect(authorization?.searchParams.get('code_challenge_method')).toBe('S256');

    const code = await browse(authorization ?? new URL(current.url), 'alice');
    await first.transport.finishAuth(new URLSearchParams({ code, iss: current.issuer.url }));

    const second = connect();
    await second.connected;
    const { structuredContent } = await second.client.callTool({
      name: 'todo_create',
      arguments: { title: 'signed in' },
    });
    expect(structuredContent).toMatchObject({ todo: { title: 'signed in' } });
    await second.client.close();

    const alice = await current.person('alice');
    expect((await alice.invoke('todo_list')).body.result.todos).toMatchObject([{ title: 'signed in' }]);
    // The token stays between client and gateway: nothing behind it ever sees it.
    expect(JSON.stringify(current.lambda.logs())).not.toContain(accessToken());
  });
});
