// The envelope of an EventBridge event.
import { randomUUID } from 'node:crypto';

import type { Site } from '#local/cloudformation/resource-type.ts';

/** One entry of PutEvents. */
export type Entry = {
  readonly source: string;
  readonly detailType: string;
  readonly detail: unknown;
  readonly resources?: readonly string[];
  readonly time?: string;
};

export type BusEvent = {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
};

/** Reason why PutEvents rejects the entry; undefined if it is valid. */
export function entryProblem({ source, detailType, detail }: Entry): string | undefined {
  if (source === '')
    return 'InvalidArgument: Parameter Source is not valid. Reason: Source is a required argument.';
  if (source.startsWith('aws.')) return 'NotAuthorizedForSourceException: Not authorized for the source.';
  if (detailType === '')
    return 'InvalidArgument: Parameter DetailType is not valid. Reason: DetailType is a required argument.';
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail))
    return 'MalformedDetail: Detail is malformed.';
  if (Buffer.byteLength(JSON.stringify(detail)) > 1_048_576)
    return 'ValidationException: Total size of the entries is over the limit.';
  return undefined;
}

export function envelope(
  { source, detailType, detail, resources = [], time }: Entry,
  { account, region }: Site,
): BusEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source,
    account,
    time: time ?? seconds(new Date()),
    region,
    resources,
    detail,
  };
}

/** EventBridge writes times without fractions. */
export const seconds = (time: Date) => `${time.toISOString().slice(0, 19)}Z`;
