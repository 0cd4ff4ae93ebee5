import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createVerifyReport } from '#shared/exposure/leak-report.ts';
import { createFetchReportKeys, createReceiveLeakReport } from '#shared/services/leak-reports.ts';

import { audit } from './audit.ts';
import { egress } from './egress.ts';
import { containLeak } from './exposure.ts';

/** Needs those of `CONTAIN_LEAKS`, and `leak-reports:verify`. */
export const receiveLeakReport = /* @__PURE__ */ lazy(() =>
  createReceiveLeakReport({
    verify: createVerifyReport({
      fetchKeys: createFetchReportKeys(egress, env('LEAK_REPORT_KEYS_URL')),
      now: Date.now,
    }),
    contain: containLeak(),
    audit: audit(),
  }),
);
