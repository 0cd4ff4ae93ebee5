import * as z from 'zod';

import type { KeyDialect } from './chat.ts';

const Models = z.object({ data: z.array(z.object({ id: z.string() })) });

/**
 * Keys of OpenAI, Mistral and compatible servers.
 * @param base between the origin and `/models`
 */
export const openaiKey = (base: string) =>
  ({
    modelsPath: `${base}/models`,
    headers: (secret) => ({ authorization: `Bearer ${secret.reveal()}` }),
    models: (answer) => Models.parse(answer).data.map(({ id }) => id),
  }) satisfies KeyDialect;
