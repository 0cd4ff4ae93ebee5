// POST /token — RFC 6749 §3.2: a code or a refresh token, exchanged at the issuer.
import { signIn } from '#shared/composition/sign-in.ts';

import { json, oauthRoute } from './edge/oauth-route.ts';

export const handler = oauthRoute('oauth-token', async ({ form }) =>
  json(200, await signIn().exchange(form())),
);
