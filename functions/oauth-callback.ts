// GET /authorize/callback — the issuer's answer, passed on to the client that the browser's page has named.
import { signIn } from '#shared/composition/sign-in.ts';

import { oauthRoute } from './edge/oauth-route.ts';
import { redirectTo, sentTo } from './edge/sign-in-page.ts';

export const handler = oauthRoute('oauth-callback', ({ query, hasCookie }) => {
  const { to, cookie } = signIn().callback(query, hasCookie);
  return redirectTo(to, sentTo(cookie, 0));
});
