import type { KeyDialect } from '#shared/providers/chat.ts';

/** Its runtime lists no models, and a key may go nowhere else: the first call says whether the key is known. */
export const bedrockKey: KeyDialect = {
  headers: (secret) => ({ authorization: `Bearer ${secret.reveal()}`, 'anthropic-version': '2023-06-01' }),
  models: () => [],
  rejectsKey: (status, { error: { message } }) =>
    status === 403 && /api key|bearer|authentication|security token/i.test(message ?? ''),
};
