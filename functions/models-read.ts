// GET /v1/models/{id} — one model of OpenAI's list. Its id contains a slash, which some clients encode.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { listModels } from '#shared/composition/keys.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';
import { openaiProblem } from './edge/openai-error.ts';

const decoded = (id: string): string => id.replaceAll(/%(2f|3a|40|2b)/gi, decodeURIComponent);

const notFound = () =>
  new AppError('model_not_found', 'None of your keys lists this model.', {
    client_code: 'model_not_found',
    next_step: 'GET /v1/models lists the models of your keys, each as <provider>/<model>.',
  });

export const handler = authenticatedRoute('models-read', {
  input: { path: z.object({ id: z.string().max(300).transform(decoded) }) },
  action: 'models.listed',
  category: 'api_call',
  problem: openaiProblem,

  async run({ input: { path }, principal }) {
    const models = await listModels()(principal);
    const named = models.filter(({ id }) => id === path.id || id.endsWith(`/${path.id}`));
    const model = named.find(({ id }) => id === path.id) ?? named[0];
    if (!model) throw notFound();
    return { body: model };
  },
});
