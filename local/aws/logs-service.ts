// CloudWatch Logs behind the AWS endpoint: reading the events of a group.
import * as z from 'zod';

import type { Iam } from '#local/iam/iam.ts';
import type { LogGroups } from '#local/logs/log-groups.ts';

import { awsError, jsonResponse, type Outcome, parseJson, type Service } from './aws-service.ts';

const FilterLogEvents = z.strictObject({
  logGroupName: z.string().min(1),
  logStreamNames: z.array(z.string().min(1)).min(1).max(100).optional(),
  startTime: z.number().int().default(0),
  endTime: z.number().int().default(Number.MAX_SAFE_INTEGER),
  limit: z.number().int().min(1).max(10_000).default(10_000),
  unmask: z.boolean().default(false),
});

export function createLogsService({ iam, groups }: { iam: Iam; groups: LogGroups }): Service {
  return async ({ operation, accessKeyId, body, authorised }) => {
    if (operation !== 'FilterLogEvents') return malformed('UnknownOperationException', '');
    const input = FilterLogEvents.safeParse(parseJson(body));
    if (!input.success) return malformed('InvalidParameterException', z.prettifyError(input.error));
    const { logGroupName: name, logStreamNames: streams, startTime, endTime, limit, unmask } = input.data;
    const resource = groups.arnOf(name);
    for (const action of ['logs:FilterLogEvents', ...(unmask ? ['logs:Unmask'] : [])]) {
      const verdict = iam.authorize({ accessKeyId, action, resource });
      if (!verdict.allowed) {
        const answer = awsError({ status: 400, type: 'AccessDeniedException', message: verdict.message });
        return { answer, resources: [resource], allowed: false };
      }
    }
    const answer = await authorised(async () => {
      if (!groups.exists(name)) return notFound('The specified log group does not exist.');
      const found = groups.events(name, { from: startTime, to: endTime, streams }).slice(0, limit);
      const events = found.map((event) => {
        const { id, timestamp, stream, message } = unmask ? event : groups.masked(name, event);
        return { eventId: id, timestamp, logStreamName: stream, message, ingestionTime: timestamp };
      });
      return jsonResponse(200, { events, searchedLogStreams: [] });
    });
    return { answer, resources: [resource], allowed: true };
  };
}

const notFound = (message: string) => awsError({ status: 400, type: 'ResourceNotFoundException', message });

const malformed = (type: string, message: string): Outcome => ({
  answer: awsError({ status: 400, type, message }),
  resources: [],
  allowed: true,
});
