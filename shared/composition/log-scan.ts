import { cloudWatchLogs, unmaskedEvents } from '#shared/aws/log-events.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createScanLogs } from '#shared/services/log-scan.ts';

import { containLeak } from './exposure.ts';

/** Needs those of `CONTAIN_LEAKS`, and `logs:unmask`. */
export const scanLogs = /* @__PURE__ */ lazy(() =>
  createScanLogs({ contain: containLeak(), readUnmasked: unmaskedEvents(cloudWatchLogs()), now: Date.now }),
);
