// GET /v1/models — OpenAI's list of models: those the caller's keys may use.
import * as z from 'zod';

import { listModels } from '#shared/services/models.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('models-list', {
  input: z.object({ query: z.strictObject({}) }),
  action: 'models.listed',
  category: 'api_call',

  async run({ principal }) {
    return { body: { object: 'list', data: await listModels(principal) } };
  },
});
