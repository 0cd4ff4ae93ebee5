// Events of one stream of a log group, as CloudWatch Logs delivers them to a subscriber.
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';

const LogBatch = z.object({
  logGroup: z.string().min(1),
  logStream: z.string().min(1),
  logEvents: z.array(z.object({ id: z.string(), timestamp: z.number(), message: z.string() })),
});
export type LogBatch = z.infer<typeof LogBatch>;

/** A message of the service itself, that checks the subscription. */
const ControlMessage = z.object({ messageType: z.literal('CONTROL_MESSAGE') });
const DataMessage = LogBatch.extend({ messageType: z.literal('DATA_MESSAGE') });
const Delivery = z.object({ awslogs: z.object({ data: z.base64() }) });

/** A batch is at most 6 MB before compression; the bound is against a forged one. */
const MAX_BYTES = 16 * 1024 * 1024;

/** @returns undefined for a control message. @throws for anything that CloudWatch Logs does not send */
export function logBatchIn(event: unknown): LogBatch | undefined {
  const { awslogs } = Delivery.parse(event);
  const text = gunzipSync(Buffer.from(awslogs.data, 'base64'), { maxOutputLength: MAX_BYTES }).toString();
  const message = z.union([DataMessage, ControlMessage]).parse(JSON.parse(text));
  return message.messageType === 'DATA_MESSAGE' ? message : undefined;
}

/** Port. Messages of a stream in a time range, without masking. */
export type ReadUnmasked = (
  stream: Pick<LogBatch, 'logGroup' | 'logStream'>,
  range: { readonly from: number; readonly to: number },
) => Promise<readonly string[]>;
