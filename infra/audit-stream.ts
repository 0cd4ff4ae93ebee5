// The stream of the audit table, as its two readers need it: the function that counts usage, and the pipe to the bus.
import type { DataStack } from './data-stack.ts';

export const STREAM_READS = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map(
  (action) => `dynamodb:${action}`,
);

export function auditStreamArn({ audit }: DataStack): string {
  if (audit.tableStreamArn) return audit.tableStreamArn;
  throw new Error('The audit table has no stream.');
}
