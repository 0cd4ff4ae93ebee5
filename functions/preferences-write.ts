// PUT /preferences — default provider and models, and a budget below the stage's. Replaces what was there.
import { PreferencesBody } from '#shared/account/api.ts';
import { changePreferences } from '#shared/composition/account.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('preferences-write', {
  input: { body: PreferencesBody },
  action: 'preferences.changed',
  category: 'user_action',
  invalidates: ['preferences'],

  async run({ input: { body }, principal }) {
    const { view, writes } = await changePreferences()(principal, body);
    return { body: { success: true, message: 'Preferences stored.', ...view }, writes };
  },
});
