import * as z from 'zod';

import type { KeyDialect, ProviderError } from '#shared/providers/chat.ts';

const Models = z.object({
  models: z.array(z.object({ name: z.string(), supportedGenerationMethods: z.array(z.string()).optional() })),
});

/** Its words for a key it does not know, beside a status of 400. */
const Details = z.object({ details: z.array(z.looseObject({ reason: z.string().optional() })) });
const reasonsIn = ({ error }: ProviderError) => {
  const parsed = Details.safeParse(error);
  return parsed.success ? parsed.data.details.map(({ reason }) => reason) : [];
};

export const googleKey: KeyDialect = {
  modelsPath: '/v1beta/models?pageSize=1000',
  headers: (secret) => ({ 'x-goog-api-key': secret.reveal() }),
  models: (answer) => Models.parse(answer).models.map(({ name }) => name.replace(/^models\//, '')),
  rejectsKey: (status, error) => status === 400 && reasonsIn(error).includes('API_KEY_INVALID'),
};
