// Adapters of EventBridge events and schedules: the only file that knows their shape.
import type { Context, EventBridgeEvent } from 'aws-lambda';
import * as z from 'zod';

import { framesOf } from '#shared/core/errors.ts';

import { errorName, logger } from './log.ts';

/**
 * Wraps a consumer of bus events. It may see an event twice and must not mind. A failure is thrown on: the bus tries
 * again and, in the end, keeps the event in the dead-letter queue.
 */
export function consumer<Schema extends z.ZodType>(
  schema: Schema,
  run: (detail: z.output<Schema>) => Promise<unknown>,
) {
  return async (event: EventBridgeEvent<string, unknown>, context: Context): Promise<void> => {
    logger.addContext(context);
    const parsed = schema.safeParse(event.detail);
    if (!parsed.success) {
      logger.error('invalid event', { eventId: event.id, type: event['detail-type'] });
      throw new Error('The event has an unknown shape.');
    }
    try {
      await run(parsed.data);
    } catch (error) {
      logger.error('event processing failed', { eventId: event.id, frames: framesOf(error) });
      throw new Error('The event could not be consumed.'); // no `cause`: what is thrown here is logged as it is
    }
  };
}

/** Fields that are read from an EventBridge scheduled event. */
const Due = z.object({ id: z.string().min(1), time: z.iso.datetime() });

type Run = {
  /** Scheduled time: the clock of the run, so that a late or repeated delivery does the same. */
  readonly nowMs: number;
  readonly requestId: string;
  readonly remainingMs: () => number;
  /** Logs the failure of one item; the others continue. */
  readonly onFailure: (error: unknown) => void;
};

/**
 * Wraps a scheduled function, which may be started twice for the same time. If any item failed, the whole run fails: it is
 * retried and, in the end, sent to the dead-letter queue.
 */
export function scheduled(
  run: (due: Run) => Promise<{ counts: Readonly<Record<string, number>>; failed: number }>,
) {
  return async (event: EventBridgeEvent<string, unknown>, context: Context): Promise<void> => {
    logger.addContext(context);
    const { id: requestId, time } = Due.parse(event);
    const onFailure = (error: unknown) =>
      logger.error('scheduled run failed', { requestId, name: errorName(error), frames: framesOf(error) });
    const { counts, failed } = await run({
      nowMs: Date.parse(time),
      requestId,
      remainingMs: () => context.getRemainingTimeInMillis(),
      onFailure,
    }).catch((error) => {
      onFailure(error);
      return { counts: {}, failed: 1 };
    });
    logger.info('scheduled run ended', { requestId, ...counts });
    if (failed > 0) throw new Error('A scheduled run was not completed.'); // no `cause`, as above
  };
}
