// DELETE /tokens/{token_id} — a personal access token is revoked, within 10 seconds everywhere.
import { TokenPath } from '#shared/auth/api.ts';
import { revokePersonalToken } from '#shared/composition/personal-tokens.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('tokens-revoke', {
  input: { path: TokenPath },
  action: 'token.revoked',
  category: 'authentication',

  async run({ input: { path }, principal }) {
    return {
      body: {
        success: true,
        message: 'The token is revoked. It is rejected within 10 seconds everywhere.',
        token_id: path.token_id,
      },
      writes: revokePersonalToken()(principal, path.token_id),
      target: path.token_id,
    };
  },
});
