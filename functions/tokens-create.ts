// POST /tokens — a personal access token, shown once.
import { CreateTokenBody } from '#shared/auth/api.ts';
import { createPersonalToken } from '#shared/composition/personal-tokens.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('tokens-create', {
  input: { body: CreateTokenBody },
  action: 'token.created',
  category: 'authentication',

  async run({ input: { body }, principal, requestId }) {
    const { entry, text, write } = await createPersonalToken()(principal, body, requestId);
    return {
      status: 201,
      body: {
        success: true,
        message: 'Store the token now: it is not shown again.',
        token: text,
        ...entry,
      },
      // The text is stored nowhere, not even sealed.
      stored: {
        success: true,
        message: 'The token was shown in the first response. If that was lost, revoke it and create another.',
        token: null,
        ...entry,
      },
      writes: [write],
      target: entry.token_id,
    };
  },
});
