// PUT /preferences — default provider and models, and a budget below the stage's. Replaces what was there.
import * as z from 'zod';

import { PreferencesBody } from '#shared/account/api.ts';
import { openTurn } from '#shared/services/idempotency.ts';
import { changePreferences } from '#shared/services/preferences.ts';

import { route } from './edge/authenticated-route.ts';

export const handler = route('preferences-write', {
  input: z.object({ body: PreferencesBody }),
  action: 'preferences.changed',
  category: 'user_action',
  once: openTurn,

  async run({ input: { body }, principal }) {
    const { view, writes } = await changePreferences(principal, body);
    return { body: { success: true, message: 'Your preferences are set.', ...view }, writes };
  },
});
