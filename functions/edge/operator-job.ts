// Functions that an operator invokes synchronously: the result is their return value.
import type { Context } from 'aws-lambda';
import type * as z from 'zod';

import { type Deadline, deadlineIn } from '#shared/core/deadline.ts';
import { asAppError } from '#shared/core/errors.ts';
import { issuesOf } from '#shared/core/issues.ts';

import { logError, logger } from './log.ts';

/** Reserved for finishing the work in progress. */
const MARGIN_MS = 10_000;
/** One run, so that the operator sees progress. */
const LONGEST_MS = 20_000;

export function operatorJob<Schema extends z.ZodType>(
  schema: Schema,
  run: (order: z.output<Schema>, call: { requestId: string; deadline: Deadline }) => Promise<object>,
) {
  return async (order: unknown, context: Context): Promise<object> => {
    logger.addContext(context);
    const requestId = context.awsRequestId;
    const parsed = schema.safeParse(order);
    if (!parsed.success) throw new Error(`The order is not valid: ${JSON.stringify(issuesOf(parsed.error))}`);
    const deadline = deadlineIn(Math.min(LONGEST_MS, context.getRemainingTimeInMillis() - MARGIN_MS));
    try {
      return await run(parsed.data, { requestId, deadline });
    } catch (thrown) {
      const error = asAppError(thrown);
      logError(error, thrown, requestId);
      throw new Error(`${error.code}: ${error.message}`); // no `cause`: what is thrown here is logged as it is
    }
  };
}
