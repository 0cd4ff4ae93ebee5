// GET /tokens — the caller's personal access tokens, with their last use.
import { ownPersonalTokens } from '#shared/composition/personal-tokens.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('tokens-list', {
  action: 'tokens.listed',
  category: 'user_action',

  async run({ principal }) {
    const tokens = await ownPersonalTokens()(principal);
    return { body: { tokens }, meta: { count: tokens.length } };
  },
});
