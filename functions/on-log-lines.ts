// Every line that a function writes → stored keys among them are frozen.
import { scanLogs } from '#shared/composition/log-scan.ts';

import { emitMetrics } from './edge/emf.ts';
import { logSubscriber } from './edge/log-subscriber.ts';

export const handler = logSubscriber(async (batch, requestId) => {
  const { candidates, dropped, hits } = await scanLogs()(batch, requestId);
  emitMetrics({ ExposureCandidates: candidates, ExposureCandidatesDropped: dropped, ExposureHits: hits });
});
