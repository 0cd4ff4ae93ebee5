// Adapter of CloudWatch Logs subscriptions.
import type { CloudWatchLogsEvent, Context } from 'aws-lambda';

import { framesOf } from '#shared/core/errors.ts';
import { type LogBatch, logBatchIn } from '#shared/exposure/log-batch.ts';

import { errorName, logger } from './log.ts';

/** A failure is thrown on: Lambda tries again and, in the end, keeps the event in the dead-letter queue. Nothing of a line is logged. */
export const logSubscriber =
  (run: (batch: LogBatch, requestId: string) => Promise<void>) =>
  async (event: CloudWatchLogsEvent, context: Context): Promise<void> => {
    logger.addContext(context);
    try {
      const batch = logBatchIn(event);
      if (batch) await run(batch, context.awsRequestId);
    } catch (error) {
      logger.error('log lines could not be scanned', { name: errorName(error), frames: framesOf(error) });
      throw new Error('Log lines could not be scanned.'); // no `cause`: what is thrown here is logged as it is
    }
  };
