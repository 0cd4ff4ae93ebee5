// POST /feedback — confidence in the service, once a day, or a step of the guided setup.
import { FeedbackBody } from '#shared/account/feedback.ts';
import { giveFeedback } from '#shared/composition/feedback.ts';

import { writeRoute } from './edge/write-route.ts';

export const handler = writeRoute('feedback-give', {
  input: { body: FeedbackBody },
  action: 'feedback.given',
  category: 'user_action',

  async run({ input: { body }, principal }) {
    const { writes, target } = giveFeedback()(principal.ownerId, body);
    return { body: { success: true, message: 'Thank you.' }, writes, target };
  },
});
