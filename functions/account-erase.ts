// DELETE /account — everything of the caller's, and a statement of what that means.
import { MARK_DAYS } from '#shared/account/erasure.ts';
import { eraseAccount } from '#shared/composition/account.ts';
import { sessionControl } from '#shared/composition/sessions.ts';
import { erasureStatement } from '#shared/services/erasure.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('account-erase', {
  action: 'account.erased',
  category: 'user_action',

  async run({ principal, requestId, deadline }) {
    const erased = await eraseAccount()(principal, { requestId, hasTime: () => deadline.remainingMs() > 0 });
    return {
      status: erased.end ? 200 : 202,
      body: erasureStatement(erased),
      writes: erased.end ? [...erased.end, sessionControl().closeAccount(principal.ownerId, MARK_DAYS)] : [],
      target: 'account',
      meta: { count: erased.keys + erased.rows, outcome: erased.end ? 'complete' : 'incomplete' },
    };
  },
});
