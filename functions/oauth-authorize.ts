// GET /authorize — a page that names the client that will receive access, and leads to the issuer's sign-in.
import { signIn } from '#shared/composition/sign-in.ts';

import { oauthRoute } from './edge/oauth-route.ts';
import { PAGE_HEADERS, redirectTo, sentTo, signInPage } from './edge/sign-in-page.ts';

const TEN_MINUTES = 600;

export const handler = oauthRoute('oauth-authorize', ({ query }) => {
  const authorization = signIn().authorize(query);
  if (authorization.kind === 'redirect') return redirectTo(authorization.to);
  return {
    status: 200,
    headers: { ...PAGE_HEADERS, ...sentTo(authorization.cookie, TEN_MINUTES) },
    body: signInPage(authorization),
  };
});
