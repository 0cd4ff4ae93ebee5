// POST /api-keys/{key_id}/validate — ask the provider whether it takes the key, and what it may do.
import { checkKey } from '#shared/composition/key-values.ts';
import { KeyPath } from '#shared/vault/api.ts';

import { writeRoute } from './edge/write-route.ts';
import { keyAnswer } from './edge/key-response.ts';

const WORDS = {
  valid: 'The provider accepts this key.',
  rejected: 'The provider rejected this key. It is not used until it is rotated.',
  unreachable: 'The provider was unreachable. The state of the key is unknown.',
} as const;

export const handler = writeRoute('keys-validate', {
  input: { path: KeyPath },
  action: 'key.validated',
  category: 'user_action',

  async run({ input: { path }, principal, ...call }) {
    const checked = await checkKey()(principal, path.key_id, call);
    const { outcome, cached } = checked;
    const answer = keyAnswer(checked, WORDS[outcome]);
    return {
      ...answer,
      body: { ...answer.body, success: outcome === 'valid', outcome, cached },
      meta: { ...answer.meta, outcome },
    };
  },
});
