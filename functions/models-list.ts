// GET /v1/models — OpenAI's list of models: those the caller's keys may use.
import { listModels } from '#shared/composition/keys.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';
import { openaiProblem } from './edge/openai-error.ts';

export const handler = authenticatedRoute('models-list', {
  action: 'models.listed',
  category: 'api_call',
  problem: openaiProblem,

  async run({ principal }) {
    return { body: { object: 'list', data: await listModels()(principal) } };
  },
});
