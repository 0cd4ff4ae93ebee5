// The login and consent page of the local issuer.
import { DEMO_USERS } from './demo-users.ts';

const STYLE = `body{font:16px/1.5 system-ui;max-width:32rem;margin:4rem auto;padding:0 1rem}
button{font:inherit;display:block;width:100%;margin:.5rem 0;padding:.6rem;text-align:left;cursor:pointer}
code{word-break:break-word}small{color:#555}`;

export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

export function loginPage({ uid, client, scope }: { uid: string; client: string; scope: string }): string {
  const buttons = DEMO_USERS.map(
    ({ sub, role }) =>
      `<button name="sub" value="${escaped(sub)}">${escaped(sub)} <small>${escaped(role)}</small></button>`,
  );
  return page(`<h1>Sign in to the local stack</h1>
<p>Choosing a user also lets <strong>${escaped(client)}</strong> act for them${scope ? ` with <code>${escaped(scope)}</code>, as far as their role allows` : ''}.</p>
<form method="post" action="/login/${encodeURIComponent(uid)}">${buttons.join('\n')}</form>
<p><small>Demo users of this machine's own issuer. There are no passwords.</small></p>`);
}

export const expiredPage = () =>
  page(
    '<h1>This sign-in is over</h1><p>It expired or was finished elsewhere. Start again from your client.</p>',
  );

export const errorPage = (error: string, why: string) =>
  page(`<h1>This request cannot be served</h1><p><code>${escaped(error)}</code> ${escaped(why)}</p>`);

const page = (body: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Portunus local sign-in</title><style>${STYLE}</style>${body}</html>`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string) => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
