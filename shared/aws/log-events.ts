// Log events without masking. The only code with the permission `logs:Unmask`.
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';

import { lazy } from '#shared/core/lazy.ts';
import type { ReadUnmasked } from '#shared/exposure/log-batch.ts';

import { BOUNDED } from './bounds.ts';

export const cloudWatchLogs = lazy(() => new CloudWatchLogsClient(BOUNDED));

/** Pages of one range, of 10,000 events or 1 MB each. */
const MAX_PAGES = 10;

export function unmaskedEvents(client: CloudWatchLogsClient): ReadUnmasked {
  return async ({ logGroup, logStream }, { from, to }) => {
    const messages: string[] = [];
    const pages = paginateFilterLogEvents(
      { client },
      {
        logGroupName: logGroup,
        logStreamNames: [logStream],
        startTime: from,
        endTime: to,
        unmask: true,
      },
    );
    let read = 0;
    for await (const { events = [] } of pages) {
      messages.push(...events.flatMap(({ message }) => message ?? []));
      read += 1;
      if (read === MAX_PAGES) break;
    }
    return messages;
  };
}
