// A user's browser at sign-in: cookies by host, redirects, our page's link, the local issuer's login form.
type Jar = Map<string, Map<string, string>>;

function keep(jar: Jar, { hostname }: URL, response: Response): void {
  const cookies = jar.get(hostname) ?? new Map<string, string>();
  jar.set(hostname, cookies);
  for (const line of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/max-age=0/i.test(line)) cookies.delete(name);
    else cookies.set(name, value);
  }
}

const linkIn = (html: string): string | undefined =>
  /<a href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&');

export type Browser = {
  /** The address of the client's own that the sign-in ends at. `to` is its start. */
  readonly signIn: (start: URL, user: string, to: string) => Promise<URL>;
  /** Every address that was opened. */
  readonly history: readonly string[];
};

export function createBrowser(): Browser {
  const jar: Jar = new Map();
  const history: string[] = [];

  async function open(url: URL, form?: URLSearchParams): Promise<Response> {
    history.push(url.href);
    const cookies = [...(jar.get(url.hostname) ?? [])].map(([name, value]) => `${name}=${value}`);
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: cookies.join('; ') },
      ...(form && { method: 'POST', body: form }),
    });
    keep(jar, url, response);
    return response;
  }

  return {
    history,
    async signIn(start, user, to) {
      let next = start;
      let form: URLSearchParams | undefined;
      for (let step = 0; step < 10; step += 1) {
        if (next.href.startsWith(to)) return next;
        const response = await open(next, form);
        const text = await response.text();
        const location = response.headers.get('location');
        if (response.status >= 400) throw new Error(`${next.pathname} answered ${response.status}: ${text}`);
        const link = location ?? linkIn(text);
        form = link === undefined ? new URLSearchParams({ sub: user }) : undefined;
        if (link !== undefined) next = new URL(link, next);
      }
      throw new Error('The sign-in did not come to an end.');
    },
  };
}
