// Sign-in at an issuer that MCP clients cannot use by themselves, and the metadata that they read before.
import { describe, expect, it } from 'vitest';

import { Issuer } from '#shared/auth/issuer.ts';
import { SCOPES_OF } from '#shared/auth/scopes.ts';
import { AppError } from '#shared/core/errors.ts';
import type { EgressRequest } from '#shared/egress/egress.ts';
import {
  describeAuthorizationServer,
  describeProtectedResource,
  relayedIssuer,
} from '#shared/services/sign-in-metadata.ts';
import { createSignIn } from '#shared/services/sign-in.ts';

const OWN = 'https://api.example.com';
const LOOPBACK = 'http://127.0.0.1:5000/callback';

function given(answer: () => { status: number; body: string } = () => ({ status: 200, body: '{}' })) {
  const sent: EgressRequest[] = [];
  let loads = 0;
  const signIn = createSignIn({
    site: {
      publicUrl: OWN,
      authorize: 'https://login.example.com/authorize',
      token: 'https://login.example.com/token',
      clientId: 'the-client',
      scopePrefix: 'portunus/',
      scopes: ['tools:call'],
      isAllowed: (uri) => uri === LOOPBACK,
      random: () => 'nonce',
    },
    egress: async () => {
      loads += 1;
      return {
        async send(request) {
          sent.push(request);
          const { status, body } = answer();
          return { status, headers: {}, body: new TextEncoder().encode(body) };
        },
      };
    },
  });
  return { signIn, sent, loads: () => loads };
}

const CODE = { grant_type: 'authorization_code', client_id: 'the-client', code: 'c', code_verifier: 'v' };
const TOKENS = { access_token: 'at', token_type: 'Bearer', expires_in: 3600 };
const oauth = (oauth_error: string) => ({ details: { oauth_error } });

describe('a relayed sign-in', () => {
  it('starts at a page and ends at the redirect URI of the client, in the browser that has the cookie', () => {
    const { signIn, loads } = given();
    const page = signIn.authorize({
      client_id: 'the-client',
      redirect_uri: LOOPBACK,
      response_type: 'code',
      code_challenge: 'c'.repeat(43),
      code_challenge_method: 'S256',
      state: 'mine',
    });
    if (page.kind !== 'page') throw new Error(page.to);
    const state = new URL(page.next).searchParams.get('state') ?? '';
    const { to } = signIn.callback({ state, code: 'c1' }, (name) => name === page.cookie);
    expect(to).toBe(`${LOOPBACK}?code=c1&state=mine&iss=${encodeURIComponent(OWN)}`);
    expect(() => signIn.callback({ state, code: 'c1' }, () => false)).toThrow(AppError);
    expect(loads()).toBe(0); // no network stack until the exchange
  });

  it('registers every client as the one client of the gateway', () => {
    expect(given().signIn.register({ redirect_uris: [LOOPBACK] })).toMatchObject({ client_id: 'the-client' });
  });
});

const exchangeFailingWith = (error: Error) =>
  given(() => {
    throw error;
  }).signIn.exchange(CODE);

describe('the exchange of a code', () => {
  it('is sent to the token endpoint of the issuer as a form, with our redirect URI', async () => {
    const { signIn, sent } = given(() => ({ status: 200, body: JSON.stringify(TOKENS) }));
    expect(await signIn.exchange({ ...CODE, redirect_uri: LOOPBACK })).toEqual(TOKENS);
    expect(sent).toMatchObject([
      {
        url: 'https://login.example.com/token',
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        deadlineMs: 8000,
      },
    ]);
    expect(Object.fromEntries(new URLSearchParams(String(sent[0]?.body)))).toEqual({
      ...CODE,
      redirect_uri: `${OWN}/authorize/callback`,
    });
  });

  it('of an invalid request calls no issuer', async () => {
    const { signIn, sent } = given();
    await expect(signIn.exchange({ ...CODE, client_id: 'another' })).rejects.toMatchObject(
      oauth('invalid_client'),
    );
    expect(sent).toEqual([]);
  });

  it.each([
    ['rejects the code', 400, '{"error":"invalid_grant"}', 'invalid_grant'],
    ['fails', 500, '{"error":"invalid_grant"}', 'temporarily_unavailable'],
    ['returns something that is no JSON', 200, '<html>', 'temporarily_unavailable'],
    ['returns no tokens', 200, '{"token_type":"Bearer"}', 'temporarily_unavailable'],
  ])('at an issuer that %s fails with the OAuth error for it', async (_name, status, body, code) => {
    const { signIn } = given(() => ({ status, body }));
    await expect(signIn.exchange(CODE)).rejects.toMatchObject(oauth(code));
  });

  it('at an unreachable issuer fails as temporarily unavailable, and a defect of ours as itself', async () => {
    const unreachable = exchangeFailingWith(new AppError('upstream_failed'));
    await expect(unreachable).rejects.toMatchObject(oauth('temporarily_unavailable'));
    await expect(exchangeFailingWith(new TypeError('a defect'))).rejects.toThrow(TypeError);
  });
});

const issuer = (changes: object = {}) =>
  Issuer.parse({
    issuer: 'https://login.example.com',
    jwksUri: 'https://login.example.com/keys',
    audiences: [`${OWN}/mcp`],
    algorithms: ['RS256'],
    rolesClaim: 'roles',
    ...changes,
  });
const endpoints = {
  authorize: 'https://login.example.com/authorize',
  token: 'https://login.example.com/token',
  revoke: 'https://login.example.com/revoke',
};
const relayed = issuer({
  issuer: 'https://cognito.example.com',
  scopePrefix: 'portunus/',
  endpoints: { ...endpoints, clientId: 'the-client' },
});
const site = (...issuers: Issuer[]) => ({ issuers, publicUrl: OWN });

describe('the metadata of the MCP endpoint', () => {
  it('names the issuers, and the gateway itself for those that it describes', () => {
    const { authorization_servers, resource, scopes_supported } = describeProtectedResource(
      site(issuer(), relayed),
    );
    expect(resource).toBe(`${OWN}/mcp`);
    expect(authorization_servers).toEqual(['https://login.example.com', OWN]);
    expect(scopes_supported).toEqual(
      expect.arrayContaining([...SCOPES_OF.user, ...SCOPES_OF.user.map((scope) => `portunus/${scope}`)]),
    );
    expect(scopes_supported.some((scope) => scope.endsWith('admin:write'))).toBe(false);
  });

  it('names the gateway once for several issuers that it describes', () => {
    const other = { ...relayed, issuer: 'https://two.example.com' };
    expect(describeProtectedResource(site(relayed, other)).authorization_servers).toEqual([OWN]);
  });
});

describe('the metadata of the authorization server', () => {
  it('of a relayed issuer has the endpoints of the gateway, with a registration', () => {
    expect(describeAuthorizationServer(site(issuer(), relayed))).toMatchObject({
      issuer: OWN,
      authorization_endpoint: `${OWN}/authorize`,
      token_endpoint: `${OWN}/token`,
      registration_endpoint: `${OWN}/register`,
      revocation_endpoint: endpoints.revoke,
      jwks_uri: relayed.jwksUri,
      code_challenge_methods_supported: ['S256'],
    });
  });

  it('of an issuer with a client per user has its own endpoints, and no registration', () => {
    const described = describeAuthorizationServer(site(issuer({ endpoints })));
    expect(described).toMatchObject({
      authorization_endpoint: endpoints.authorize,
      token_endpoint: endpoints.token,
    });
    expect(described).not.toHaveProperty('registration_endpoint');
  });

  it('does not exist where the issuers describe themselves', () => {
    expect(() => describeAuthorizationServer(site(issuer()))).toThrow(
      expect.objectContaining({ code: 'not_found' }),
    );
  });
});

it('the relayed issuer is the first that has a client of the gateway', () => {
  expect(relayedIssuer([issuer(), issuer({ endpoints }), relayed])?.issuer).toBe(
    'https://cognito.example.com',
  );
  expect(relayedIssuer([issuer(), issuer({ endpoints })])).toBeUndefined();
});
