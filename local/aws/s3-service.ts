// S3 behind the AWS endpoint. Authorisation comes first; a missing object is only reported to callers who may list the bucket.
import type { Iam } from '#local/iam/iam.ts';
import {
  deleteObject,
  getLegalHold,
  getObject,
  listObjects,
  type ObjectContext,
  putLegalHold,
  putObject,
  type S3Reply,
} from '#local/s3/object-operations.ts';
import { S3Error, STATUS_OF } from '#local/s3/s3-error.ts';
import { parseS3Request, type S3Operation, type S3Request } from '#local/s3/s3-request.ts';
import type { S3 } from '#local/s3/s3.ts';
import { xmlError } from '#local/s3/xml.ts';

import type { Outcome, Service } from './aws-service.ts';
import type { AwsResponse } from './engine-forward.ts';

const RUN: Readonly<Record<S3Operation, (request: S3Request, context: ObjectContext) => S3Reply>> = {
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: getObject,
  DeleteObject: deleteObject,
  ListObjectsV2: listObjects,
  PutObjectLegalHold: putLegalHold,
  GetObjectLegalHold: getLegalHold,
};

const ACTION: Readonly<Record<S3Operation, string>> = {
  PutObject: 's3:PutObject',
  GetObject: 's3:GetObject',
  HeadObject: 's3:GetObject',
  DeleteObject: 's3:DeleteObject',
  ListObjectsV2: 's3:ListBucket',
  PutObjectLegalHold: 's3:PutObjectLegalHold',
  GetObjectLegalHold: 's3:GetObjectLegalHold',
};

/** IAM actions that a request needs. */
function actionsFor({ operation, headers, query }: S3Request): string[] {
  if (operation === 'DeleteObject' && query.has('versionId')) return ['s3:DeleteObjectVersion'];
  const isLocking = operation === 'PutObject';
  return [
    ACTION[operation],
    ...(isLocking && headers['x-amz-object-lock-mode'] !== undefined ? ['s3:PutObjectRetention'] : []),
    ...(isLocking && headers['x-amz-object-lock-legal-hold'] !== undefined ? ['s3:PutObjectLegalHold'] : []),
  ];
}

export function createS3Service({
  iam,
  s3,
  now = Date.now,
}: {
  iam: Iam;
  s3: S3;
  now?: () => number;
}): Service {
  const mayList = (accessKeyId: string, bucket: string) =>
    iam.authorize({ accessKeyId, action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}` }).allowed;

  function authorize(accessKeyId: string, request: S3Request): string | undefined {
    const { operation, bucket, key, query } = request;
    const arn = `arn:aws:s3:::${bucket}`;
    const resource = operation === 'ListObjectsV2' ? arn : `${arn}/${key}`;
    const context = operation === 'ListObjectsV2' ? { 's3:prefix': query.get('prefix') ?? '' } : {};
    for (const action of actionsFor(request)) {
      const verdict = iam.authorize({ accessKeyId, action, resource, context });
      if (!verdict.allowed) return verdict.message;
    }
    return undefined;
  }

  function run(accessKeyId: string, request: S3Request): S3Reply {
    const bucket = s3.bucket(request.bucket);
    if (!bucket) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist');
    try {
      return RUN[request.operation](request, { bucket, now });
    } catch (error) {
      const isHidden = error instanceof S3Error && error.code === 'NoSuchKey';
      if (isHidden && !mayList(accessKeyId, request.bucket))
        throw new S3Error('AccessDenied', 'Access Denied');
      throw error;
    }
  }

  return async ({ accessKeyId, method, path, headers, body, authorised }): Promise<Outcome> => {
    let request: S3Request;
    try {
      request = parseS3Request({ method, path, headers, body });
    } catch (error) {
      return { answer: errorResponse(error), resources: [], allowed: true, operation: method };
    }
    const { operation, bucket, key } = request;
    const resources = [`arn:aws:s3:::${bucket}${key === '' ? '' : `/${key}`}`];
    const refused = authorize(accessKeyId, request);
    if (refused !== undefined) {
      const answer = errorResponse(new S3Error('AccessDenied', refused));
      return { answer, resources, allowed: false, operation };
    }
    const answer = await authorised(async () => {
      try {
        return response(run(accessKeyId, request));
      } catch (error) {
        return errorResponse(error);
      }
    }, operation);
    return { answer, resources, allowed: true, operation };
  };
}

const response = ({ status, headers = {}, body = '' }: S3Reply): AwsResponse => ({
  status,
  headers: {
    ...(typeof body === 'string' && body !== '' && { 'content-type': 'application/xml' }),
    ...headers,
  },
  body: Buffer.from(body),
});

/** @throws what is not an error of S3 */
function errorResponse(error: unknown): AwsResponse {
  if (!(error instanceof S3Error)) throw error;
  return {
    status: STATUS_OF[error.code],
    headers: { 'content-type': 'application/xml' },
    body: Buffer.from(xmlError(error.code, error.message)),
  };
}
