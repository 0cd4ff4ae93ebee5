import * as z from 'zod';

import type { KeyDialect } from '#shared/providers/chat.ts';

const Models = z.object({ data: z.array(z.object({ id: z.string() })) });

export const anthropicKey: KeyDialect = {
  modelsPath: '/v1/models?limit=100',
  headers: (secret) => ({ 'x-api-key': secret.reveal(), 'anthropic-version': '2023-06-01' }),
  models: (answer) => Models.parse(answer).data.map(({ id }) => id),
};
