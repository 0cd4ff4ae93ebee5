// Sign-in state of an MCP client without any setting: registration, verifier, tokens.
type Tokens = { access_token: string; token_type: string; refresh_token?: string };

export function createAuthProvider(redirectUrl: string) {
  const stored: {
    client?: { client_id: string };
    tokens?: Tokens;
    authorization?: URL;
    verifier: string;
  } = { verifier: '' };
  const provider = {
    redirectUrl,
    clientMetadata: { redirect_uris: [redirectUrl], client_name: 'a client that knows the URL alone' },
    clientInformation: () => stored.client,
    saveClientInformation(client: { client_id: string }) {
      stored.client = client;
    },
    tokens: () => stored.tokens,
    saveTokens(tokens: Tokens) {
      stored.tokens = tokens;
    },
    redirectToAuthorization(url: URL) {
      stored.authorization = url;
    },
    saveCodeVerifier(verifier: string) {
      stored.verifier = verifier;
    },
    codeVerifier: () => stored.verifier,
  };
  return { provider, stored };
}
