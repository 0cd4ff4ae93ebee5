// GET /v1/models — OpenAI's list of models: those the caller's keys may use.
import { listModels } from '#shared/services/models.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('models-list', {
  action: 'models.listed',
  category: 'api_call',

  async run({ principal }) {
    return { body: { object: 'list', data: await listModels(principal) } };
  },
});
