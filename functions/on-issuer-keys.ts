// Every quarter of an hour: the signing keys of the issuers are put by, for the day one of them is down.
import { saveIssuerKeys } from '#shared/composition/issuer-keys.ts';

import { scheduled } from './edge/event.ts';

/** An issuer that does not answer is logged and no failure of the run: what was saved stays good for a day. */
export const handler = scheduled(async ({ onFailure }) => ({
  counts: await saveIssuerKeys()(onFailure),
  failed: 0,
}));
