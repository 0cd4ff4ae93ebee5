// The page between an MCP client and the issuer's sign-in, and the headers of the redirects around it.
type Headers = Readonly<Record<string, string>>;

export const PAGE_HEADERS: Headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'referrer-policy': 'no-referrer',
};

/** The proof that this browser has shown the page: no script, no other host and no plain http can set it. */
export const sentTo = (cookie: string, maxAgeSeconds: number): Headers => ({
  'set-cookie': `${cookie}=1; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}`,
});

export const redirectTo = (location: string, headers: Headers = {}) => ({
  status: 302,
  headers: { location, 'referrer-policy': 'no-referrer', ...headers },
  body: '',
});

/** @param client redirect URI of the client; @param next the issuer's sign-in */
export const signInPage = ({ client, next }: { client: string; next: string }): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>Sign in to Portunus</title></head><body>
<h1>Sign in to Portunus</h1>
<p>${describe(client)} requests access to your tools and stored keys. After the sign-in the browser returns to:</p>
<p><code>${escaped(client)}</code></p>
<p><strong>Continue only if you started this sign-in yourself.</strong></p>
<p><a href="${escaped(next)}">Continue to sign in</a></p>
</body></html>`;

function describe(client: string): string {
  const { protocol, hostname } = new URL(client);
  if (protocol === 'http:') return 'A program on this computer';
  return protocol === 'https:' ? `The website ${escaped(hostname)}` : `The application ${escaped(protocol)}`;
}

const ENTITIES: Headers = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string) => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
