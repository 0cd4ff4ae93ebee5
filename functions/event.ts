// The only file that knows what an EventBridge event looks like.
import type { Context, EventBridgeEvent } from 'aws-lambda';
import type * as z from 'zod';

import { framesOf } from '#shared/core/errors.ts';

import { logger } from './log.ts';

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
      logger.error('event not understood', { eventId: event.id, type: event['detail-type'] });
      throw new Error('The event has an unknown shape.');
    }
    try {
      await run(parsed.data);
    } catch (error) {
      logger.error('event not consumed', { eventId: event.id, frames: framesOf(error) });
      throw new Error('The event could not be consumed.'); // no `cause`: what is thrown here is logged as it is
    }
  };
}
