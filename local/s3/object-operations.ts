// Operations on objects. Overwriting adds a version; a locked version cannot be removed, and its lock only become longer.
import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

import type { Retention, Version } from './object-store.ts';
import type { Bucket } from './s3.ts';
import { S3Error } from './s3-error.ts';
import type { S3Request } from './s3-request.ts';
import { escapeXml, xml } from './xml.ts';

export type S3Reply = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
};

export type ObjectContext = { readonly bucket: Bucket; readonly now: () => number };

const header = ({ headers }: S3Request, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
};

/** Headers of PutObject with an effect that the local S3 does not have. */
const UNSUPPORTED = ['if-match', 'x-amz-acl', 'x-amz-tagging', 'x-amz-copy-source', 'x-amz-storage-class'];

function checkDigest(request: S3Request): boolean {
  const { body } = request;
  const [md5, crc] = [header(request, 'content-md5'), header(request, 'x-amz-checksum-crc32')];
  const crcOf = () => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32(body));
    return bytes.toString('base64');
  };
  const isRight =
    (md5 === undefined || md5 === createHash('md5').update(body).digest('base64')) &&
    (crc === undefined || crc === crcOf());
  if (!isRight)
    throw new S3Error('BadDigest', 'The checksum you specified did not match the calculated checksum.');
  return md5 !== undefined || crc !== undefined;
}

function requestedLock(request: S3Request, { bucket, now }: ObjectContext) {
  const mode = header(request, 'x-amz-object-lock-mode');
  const until = header(request, 'x-amz-object-lock-retain-until-date');
  const hold = header(request, 'x-amz-object-lock-legal-hold');
  if (mode === undefined && until === undefined && hold === undefined) return { hasLegalHold: false };
  if (!bucket.hasObjectLock)
    throw new S3Error('InvalidRequest', 'Bucket is missing Object Lock Configuration');
  if (!checkDigest(request)) {
    throw new S3Error(
      'InvalidRequest',
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
    );
  }
  return { ...retentionFrom(mode, until, now()), hasLegalHold: hold === 'ON' };
}

function retentionFrom(
  mode: string | undefined,
  until: string | undefined,
  now: number,
): { retention?: Retention } {
  if (mode === undefined && until === undefined) return {};
  const untilMs = Date.parse(until ?? '');
  if ((mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') || Number.isNaN(untilMs)) {
    throw new S3Error(
      'InvalidArgument',
      'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
    );
  }
  if (untilMs <= now) throw new S3Error('InvalidArgument', 'The retain until date must be in the future!');
  return { retention: { mode, untilMs } };
}

export function putObject(request: S3Request, context: ObjectContext): S3Reply {
  const { objects } = context.bucket;
  const unsupported = UNSUPPORTED.find((name) => header(request, name) !== undefined);
  if (unsupported !== undefined)
    throw new S3Error('NotImplemented', `PutObject has no ${unsupported} locally.`);
  const condition = header(request, 'if-none-match');
  if (condition !== undefined && condition !== '*')
    throw new S3Error('NotImplemented', 'If-None-Match can only be * here.');
  if (condition === '*' && objects.newest(request.key)?.isMarker === false) {
    throw new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
  }
  checkDigest(request);
  const lock = requestedLock(request, context);
  const contentType = header(request, 'content-type');
  const version = {
    key: request.key,
    id: randomBytes(16).toString('hex'),
    atMs: context.now(),
    isMarker: false,
    etag: `"${createHash('md5').update(request.body).digest('hex')}"`,
    ...(contentType !== undefined && { contentType }),
    ...lock,
  };
  objects.add(version, request.body);
  return { status: 200, headers: { etag: version.etag, 'x-amz-version-id': version.id } };
}

function findObject({ key }: S3Request, { bucket }: ObjectContext): Version {
  const version = bucket.objects.newest(key);
  if (version && !version.isMarker) return version;
  throw new S3Error('NoSuchKey', 'The specified key does not exist.');
}

/** GetObject and HeadObject: the server sends no body in response to HEAD. */
export function getObject(request: S3Request, context: ObjectContext): S3Reply {
  const version = findObject(request, context);
  const { retention, hasLegalHold } = version;
  return {
    status: 200,
    headers: {
      'content-type': version.contentType ?? 'binary/octet-stream',
      etag: version.etag,
      'last-modified': new Date(version.atMs).toUTCString(),
      'x-amz-version-id': version.id,
      ...(retention && {
        'x-amz-object-lock-mode': retention.mode,
        'x-amz-object-lock-retain-until-date': new Date(retention.untilMs).toISOString(),
      }),
      ...(hasLegalHold && { 'x-amz-object-lock-legal-hold': 'ON' }),
    },
    body: context.bucket.objects.content(version),
  };
}

export function deleteObject({ key, query }: S3Request, { bucket, now }: ObjectContext): S3Reply {
  const id = query.get('versionId');
  if (id === null) {
    const marker = { key, id: randomBytes(16).toString('hex'), atMs: now(), isMarker: true, etag: '' };
    bucket.objects.add({ ...marker, hasLegalHold: false }, Buffer.alloc(0));
    return { status: 204, headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker.id } };
  }
  const version = bucket.objects.version(key, id);
  if (version && (version.hasLegalHold || (version.retention?.untilMs ?? 0) > now())) {
    throw new S3Error('AccessDenied', 'Access Denied because object protected by object lock.');
  }
  if (version) bucket.objects.remove(version);
  return { status: 204, headers: { 'x-amz-version-id': id } };
}

export function putLegalHold(request: S3Request, context: ObjectContext): S3Reply {
  const status = /<Status>(ON|OFF)<\/Status>/.exec(request.body.toString())?.[1];
  if (status === undefined) throw new S3Error('InvalidRequest', 'The XML has no status ON or OFF.');
  if (!context.bucket.hasObjectLock)
    throw new S3Error('InvalidRequest', 'Bucket is missing Object Lock Configuration');
  const version = findObject(request, context);
  context.bucket.objects.lock(version, { retention: version.retention, hasLegalHold: status === 'ON' });
  return { status: 200 };
}

export function getLegalHold(request: S3Request, context: ObjectContext): S3Reply {
  const { hasLegalHold } = findObject(request, context);
  return { status: 200, body: xml('LegalHold', `<Status>${hasLegalHold ? 'ON' : 'OFF'}</Status>`) };
}

const MAX_KEYS = 1000;

export function listObjects({ query }: S3Request, { bucket }: ObjectContext): S3Reply {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const limit = Math.min(Number(query.get('max-keys') ?? MAX_KEYS), MAX_KEYS);
  const matching = bucket.objects.keys().filter((key) => key.startsWith(prefix) && key > after);
  const page = matching.slice(0, limit);
  const contents = page.map((key) => {
    const version = bucket.objects.newest(key);
    const size = version ? bucket.objects.content(version).length : 0;
    const at = new Date(version?.atMs ?? 0).toISOString();
    return `<Contents><Key>${escapeXml(key)}</Key><LastModified>${at}</LastModified><Size>${size}</Size></Contents>`;
  });
  const isTruncated = matching.length > page.length;
  const next = isTruncated
    ? `<NextContinuationToken>${escapeXml(page.at(-1) ?? '')}</NextContinuationToken>`
    : '';
  const head = `<Name>${bucket.name}</Name><Prefix>${escapeXml(prefix)}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>${limit}</MaxKeys><IsTruncated>${isTruncated}</IsTruncated>`;
  return { status: 200, body: xml('ListBucketResult', `${head}${next}${contents.join('')}`) };
}
