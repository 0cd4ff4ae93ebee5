// DELETE /account — everything of the caller's, and a statement of what that means.
import * as z from 'zod';

import { MARK_DAYS } from '#shared/account/erasure.ts';
import { eraseAccount, erasureStatement } from '#shared/services/erasure.ts';
import { closeAccount } from '#shared/services/sessions.ts';
import { openTurn } from '#shared/services/idempotency.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('account-erase', {
  input: z.object({ query: z.strictObject({}) }),
  action: 'account.erased',
  category: 'user_action',
  once: openTurn,

  async run({ principal, requestId: reqId, deadline }) {
    const erased = await eraseAccount(principal, { reqId, hasTime: () => deadline.remainingMs() > 0 });
    return {
      status: erased.end ? 200 : 202,
      body: erasureStatement(erased),
      writes: erased.end ? [...erased.end, closeAccount(principal.uid, MARK_DAYS)] : [],
      target: 'account',
      meta: { count: erased.keys + erased.rows, outcome: erased.end ? 'complete' : 'incomplete' },
    };
  },
});
