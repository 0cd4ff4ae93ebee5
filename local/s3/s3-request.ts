// One S3 request: its operation, bucket and key, as method, path and query name them (path style).
import type { IncomingHttpHeaders } from 'node:http';

import { S3Error } from './s3-error.ts';

export const OPERATIONS = [
  'PutObject',
  'GetObject',
  'HeadObject',
  'DeleteObject',
  'ListObjectsV2',
  'PutObjectLegalHold',
  'GetObjectLegalHold',
] as const;
export type S3Operation = (typeof OPERATIONS)[number];

export type S3Request = {
  readonly operation: S3Operation;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

/** `x-id` names the operation, for logs alone. */
const QUERY: Readonly<Record<S3Operation, readonly string[]>> = {
  PutObject: ['x-id'],
  GetObject: ['x-id'],
  HeadObject: [],
  DeleteObject: ['x-id', 'versionId'],
  ListObjectsV2: ['list-type', 'prefix', 'max-keys', 'continuation-token', 'start-after'],
  PutObjectLegalHold: ['legal-hold'],
  GetObjectLegalHold: ['legal-hold'],
};

const OBJECT_OPERATIONS: Readonly<Record<string, S3Operation>> = {
  PUT: 'PutObject',
  GET: 'GetObject',
  HEAD: 'HeadObject',
  DELETE: 'DeleteObject',
};

function operationName(method: string, key: string, query: URLSearchParams): S3Operation | undefined {
  if (key === '') return method === 'GET' && query.get('list-type') === '2' ? 'ListObjectsV2' : undefined;
  if (!query.has('legal-hold')) return OBJECT_OPERATIONS[method];
  return method === 'PUT' ? 'PutObjectLegalHold' : 'GetObjectLegalHold';
}

/** @throws {S3Error} NotImplemented for an operation or a parameter that the local S3 does not have. */
export function parseS3Request(call: {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}): S3Request {
  const { method, path, headers, body } = call;
  const [pathname = '', search = ''] = path.split('?');
  const [, bucket = '', ...rest] = pathname.split('/').map((part) => decodeURIComponent(part));
  const key = rest.join('/');
  const query = new URLSearchParams(search);
  const operation = operationName(method, key, query);
  if (!operation) throw new S3Error('NotImplemented', `${method} ${path} is not supported locally.`);
  const unknown = [...query.keys()].find((name) => !QUERY[operation].includes(name));
  if (unknown !== undefined) throw new S3Error('NotImplemented', `${operation} has no ${unknown} locally.`);
  return { operation, bucket, key, query, headers, body };
}
