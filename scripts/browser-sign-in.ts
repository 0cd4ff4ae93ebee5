// Sign-in of a person in their browser: the MCP client's own discovery and registration, and a loopback address for the code.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';

import { auth, type OAuthClientProvider, type OAuthTokens } from '@modelcontextprotocol/client';

export type SignInRequest = {
  /** Address of the stage, without a slash at the end. */
  readonly url: string;
  /** Default: the one that the stage names. */
  readonly issuer: string | undefined;
  readonly scope: string | undefined;
  /** A registered client. Default: registers itself for a free loopback port. */
  readonly client: { readonly clientId: string; readonly redirect: string } | undefined;
  readonly timeoutMs: number;
  /** Called with the address that the person has to open. */
  readonly onAddress: (address: string) => void;
};

const PATH = '/callback';

/** On stderr: stdout is for the token. */
export const printAddress = (address: string): void =>
  console.error(`Open this address in your browser:\n\n${address}\n`);

/** @throws {Error} if the issuer rejects, or at the end of the time for signing in */
export async function signIn(request: SignInRequest): Promise<OAuthTokens> {
  const listener = await listenForCode(request.client?.redirect, request.timeoutMs);
  try {
    const { provider, state, savedTokens } = createProvider(request, listener.redirect);
    const options = {
      serverUrl: `${request.url}/mcp`,
      // Named, because below a stage prefix it is not where a client would look for it.
      resourceMetadataUrl: new URL(`${request.url}/.well-known/oauth-protected-resource/mcp`),
      ...(request.scope !== undefined && { scope: request.scope }),
    };
    await auth(provider, options);
    const answer = await listener.answer;
    if (answer.get('state') !== state) throw new Error('The answer belongs to another sign-in. Try again.');
    const iss = answer.get('iss');
    await auth(provider, {
      ...options,
      authorizationCode: codeIn(answer),
      ...(iss !== null && { iss }),
    });
    return savedTokens();
  } finally {
    listener.close();
  }
}

/** @throws {Error} with the reason that the issuer gives */
function codeIn(answer: URLSearchParams): string {
  const code = answer.get('code');
  if (code !== null) return code;
  const reason = [answer.get('error'), answer.get('error_description')].filter((text) => text !== null);
  throw new Error(`The issuer rejected the sign-in: ${reason.join(': ').replaceAll(/[^\x20-\x7e]/g, ' ')}`);
}

function createProvider({ issuer, client, onAddress }: SignInRequest, redirect: string) {
  const state = randomBytes(16).toString('base64url');
  const own = client && { client_id: client.clientId };
  let registered: { client_id: string } | undefined;
  let verifier = '';
  let saved: OAuthTokens | undefined;
  const provider: OAuthClientProvider = {
    redirectUrl: redirect,
    clientMetadata: {
      client_name: 'Portunus command line',
      redirect_uris: [redirect],
      token_endpoint_auth_method: 'none',
    },
    state: () => state,
    clientInformation: () => own ?? registered,
    saveClientInformation: (information) => void (registered = information),
    tokens: () => undefined,
    saveTokens: (tokens) => void (saved = tokens),
    redirectToAuthorization: (address) => onAddress(address.href),
    saveCodeVerifier: (text) => void (verifier = text),
    codeVerifier: () => verifier,
    ...(issuer !== undefined && { discoveryState: () => ({ authorizationServerUrl: issuer }) }),
  };
  return {
    provider,
    state,
    savedTokens: (): OAuthTokens => {
      if (saved) return saved;
      throw new Error('The issuer returned no token.');
    },
  };
}

type Listener = {
  readonly redirect: string;
  /** Parameters of the first request to the redirect URI. */
  readonly answer: Promise<URLSearchParams>;
  readonly close: () => void;
};

const PAGE = 'You are signed in. You can close this page and go back to the terminal.';

async function listenForCode(redirect: string | undefined, timeoutMs: number): Promise<Listener> {
  const { port: wanted, pathname } = new URL(redirect ?? `http://127.0.0.1:0${PATH}`);
  const { promise, resolve, reject } = Promise.withResolvers<URLSearchParams>();
  promise.catch(() => undefined); // its reader may not wait yet
  const server = createServer(({ url = '/' }, response) => {
    const { pathname: path, searchParams } = new URL(url, 'http://127.0.0.1');
    if (path !== pathname) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end(PAGE);
    resolve(searchParams);
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(Number(wanted), '127.0.0.1', listening);
  });
  const expiry = setTimeout(() => reject(new Error('Sign-in timed out. Try again.')), timeoutMs);
  const { port } = server.address() as AddressInfo;
  return {
    redirect: redirect ?? `http://127.0.0.1:${port}${PATH}`,
    answer: promise,
    close() {
      clearTimeout(expiry);
      server.close();
      server.closeAllConnections();
    },
  };
}
