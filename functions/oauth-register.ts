// POST /register — RFC 7591: every client is the issuer's one public client. Nothing is stored.
import { signIn } from '#shared/composition/sign-in.ts';

import { json, oauthRoute } from './edge/oauth-route.ts';

export const handler = oauthRoute('oauth-register', (request) =>
  json(201, signIn().register(request.json())),
);
