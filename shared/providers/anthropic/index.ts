import type { ChatAdapter } from '#shared/providers/chat.ts';

import { anthropicKey } from './key.ts';
import { translate } from './request.ts';
import { readCompletion } from './response.ts';
import { createStreamReader } from './stream.ts';

/** Anthropic's Messages. */
export const anthropic: ChatAdapter = {
  ...anthropicKey,
  path: () => '/v1/messages',
  translate,
  reply: readCompletion,
  reader: createStreamReader,
  // An empty account is answered 400 `invalid_request_error`, told apart by its words alone; newer ones 402.
  outOfQuota: (status, { error: { type, message } }) =>
    status === 402 ||
    type === 'billing_error' ||
    (status === 400 && /credit balance is too low/i.test(message ?? '')),
  clientCode(status, { error: { type, message } }) {
    if (status === 404 && type === 'not_found_error') return 'model_not_found';
    const tooLong = /prompt is too long|exceed context limit|context window/i.test(message ?? '');
    return status < 500 && tooLong ? 'context_length_exceeded' : undefined;
  },
};
