// POST /cache/invalidate — an operator makes cached results invalid: of a user, of tools, or all.
import { deriveOwnerId } from '#shared/auth/owner-id.ts';
import { InvalidateCacheBody } from '#shared/cache/api.ts';
import { INVALIDATION_LAG_SECONDS, invalidatedScope, invalidatedTags } from '#shared/cache/invalidate.ts';
import { invalidateCache } from '#shared/composition/cache.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('cache-invalidate', {
  input: { body: InvalidateCacheBody },
  action: 'cache.invalidated',
  category: 'user_action',

  async run({ input: { body }, principal }) {
    const owner = body.user_id === undefined ? undefined : deriveOwnerId(principal.issuer, body.user_id);
    const tags = invalidatedTags(body);
    return {
      body: {
        success: true,
        message: `The cached results are invalid, everywhere within ${INVALIDATION_LAG_SECONDS} s.`,
        in_force_within_seconds: INVALIDATION_LAG_SECONDS,
      },
      writes: [invalidateCache(invalidatedScope(owner), tags)],
      target: owner ?? 'all', // the subject may be an e-mail address
      meta: { count: tags.length },
    };
  },
});
