// GET /api-keys/{key_id}/receipts — each use of a key, newest first. They outlive the key.
import { ReceiptsQuery } from '#shared/audit/receipts.ts';
import { readKeyReceipts } from '#shared/composition/audit-trail.ts';
import { KeyPath } from '#shared/vault/api.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('keys-receipts', {
  input: { path: KeyPath, query: ReceiptsQuery },
  action: 'key.receipts_read',
  category: 'user_action',

  async run({ input: { path, query }, principal }) {
    const body = await readKeyReceipts()(principal, path.key_id, query);
    return { body, target: path.key_id, meta: { count: body.receipts.length } };
  },
});
