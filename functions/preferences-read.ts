// GET /preferences — what the caller prefers.
import * as z from 'zod';

import { ownPreferences } from '#shared/services/preferences.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('preferences-read', {
  input: z.object({ query: z.strictObject({}) }),
  action: 'preferences.read',
  category: 'user_action',

  async run({ principal }) {
    return { body: await ownPreferences(principal) };
  },
});
