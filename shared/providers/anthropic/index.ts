import * as z from 'zod';

import type { ChatAdapter } from '#shared/providers/chat.ts';

import { translate } from './request.ts';
import { readCompletion } from './response.ts';
import { createStreamReader } from './stream.ts';

const Models = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Anthropic's Messages. */
export const anthropic: ChatAdapter = {
  path: () => '/v1/messages',
  modelsPath: '/v1/models?limit=100',
  headers: (secret) => ({ 'x-api-key': secret.reveal(), 'anthropic-version': '2023-06-01' }),
  translate,
  reply: readCompletion,
  reader: createStreamReader,
  models: (answer) => Models.parse(answer).data.map(({ id }) => id),
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
