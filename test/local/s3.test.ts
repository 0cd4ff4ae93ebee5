import { readFileSync } from 'node:fs';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createS3 } from '#local/s3/s3.ts';

import { create, createRole, site, startDataPlane, temporaryFolder } from './data-plane.ts';

const type = 'AWS::S3::Bucket';
const VersioningConfiguration = { Status: 'Enabled' };
const locked = { ObjectLockEnabled: true, VersioningConfiguration };
const DAY_MS = 86_400_000;

const policyWith = (Statement: object) => ({
  Bucket: 'b',
  PolicyDocument: { Version: '2012-10-17', Statement: [Statement] },
});

describe('a bucket of the template', () => {
  const folder = temporaryFolder();
  afterAll(folder.remove);
  const start = () => createS3({ folder: folder.path, site });

  it.each([
    ['without versions', {}],
    ['with unsupported versioning', { VersioningConfiguration: { Status: 'Enabled', More: 1 } }],
    ['with a name that S3 does not allow', { VersioningConfiguration, BucketName: 'A_B' }],
  ])('%s fails the start', async (_what, properties) => {
    await expect(create(start().types, type, properties)).rejects.toThrow(/bucket/i);
  });

  it('has a policy that denies plain HTTP and nothing else', async () => {
    const statement = { Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:*', Resource: 'x' };
    const tls = { ...statement, Condition: { Bool: { 'aws:SecureTransport': 'false' } } };
    const { types } = start();
    await create(types, 'AWS::S3::BucketPolicy', policyWith(tls));
    const wider = policyWith({ ...statement, Effect: 'Allow' });
    await expect(create(types, 'AWS::S3::BucketPolicy', wider)).rejects.toThrow('Bucket policy');
  });
});

describe('S3 behind the AWS endpoint', () => {
  let plane: Awaited<ReturnType<typeof startDataPlane>>;
  let Bucket = '';
  beforeAll(async () => {
    plane = await startDataPlane('dynoxide');
    ({ ref: Bucket } = await create(plane.types, type, locked, 'Archive'));
  });
  afterAll(() => plane.stop());

  let made = 0;
  async function actingAs(...actions: string[]) {
    made += 1;
    const statements = actions.map((Action) => ({
      Effect: 'Allow',
      Action,
      Resource: Action === 's3:ListBucket' ? `arn:aws:s3:::${Bucket}` : `arn:aws:s3:::${Bucket}/*`,
    }));
    const arn = await createRole(plane.types, `Role${made}`, ...statements);
    return new S3Client({
      endpoint: plane.awsEndpoint.url,
      region: site.region,
      credentials: plane.iam.credentialsFor(arn, `fn${made}`),
      maxAttempts: 1,
    });
  }
  const everything = () =>
    actingAs(
      ...['Put', 'Get', 'Delete'].map((verb) => `s3:${verb}Object`),
      's3:ListBucket',
      's3:PutObjectRetention',
      's3:PutObjectLegalHold',
      's3:GetObjectLegalHold',
      's3:DeleteObjectVersion',
    );

  it('stores an object and returns it, with keys and bytes of any kind', async () => {
    const client = await everything();
    const Key = 'a b/ü+1/=.json';
    const Body = Buffer.from([0, 255, 10, 13]);
    await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/json' }));
    const { Body: body, ContentType } = await client.send(new GetObjectCommand({ Bucket, Key }));
    expect([Buffer.from((await body?.transformToByteArray()) ?? []), ContentType]).toEqual([
      Body,
      'application/json',
    ]);
  });

  it('writes an object once if that is the condition', async () => {
    const client = await everything();
    const put = () => client.send(new PutObjectCommand({ Bucket, Key: 'once', Body: 'x', IfNoneMatch: '*' }));
    await put();
    await expect(put()).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });

  it('keeps a locked version until its time, also when the object is overwritten or deleted', async () => {
    const client = await everything();
    const Key = 'locked';
    const until = new Date(Date.now() + DAY_MS);
    const lock = { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until } as const;
    const { VersionId } = await client.send(new PutObjectCommand({ Bucket, Key, Body: '1', ...lock }));
    await client.send(new PutObjectCommand({ Bucket, Key, Body: '2' }));
    await expect(client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    const newer = await client.send(new PutObjectCommand({ Bucket, Key, Body: '3' }));
    await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId: newer.VersionId }));
    await client.send(new DeleteObjectCommand({ Bucket, Key }));
    await expect(client.send(new GetObjectCommand({ Bucket, Key }))).rejects.toMatchObject({
      name: 'NoSuchKey',
    });
  });

  it('shows the lock of an object, and keeps a version under legal hold', async () => {
    const client = await everything();
    const Key = 'held';
    const ObjectLockRetainUntilDate = new Date(Math.floor(Date.now() / 1000) * 1000 + DAY_MS);
    const lock = { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate } as const;
    const { VersionId } = await client.send(new PutObjectCommand({ Bucket, Key, Body: '1', ...lock }));
    expect(await client.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject({
      ...lock,
      ContentLength: 1,
    });
    const hold = (Status: 'ON' | 'OFF') =>
      client.send(new PutObjectLegalHoldCommand({ Bucket, Key, LegalHold: { Status } }));
    await hold('ON');
    const { LegalHold } = await client.send(new GetObjectLegalHoldCommand({ Bucket, Key }));
    expect(LegalHold).toEqual({ Status: 'ON' });
    await expect(client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await hold('OFF');
  });

  it('refuses a lock that has passed or is not whole', async () => {
    const client = await everything();
    const put = (more: object) => client.send(new PutObjectCommand({ Bucket, Key: 'x', Body: '1', ...more }));
    const past = { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: new Date(0) };
    await expect(put(past)).rejects.toMatchObject({ name: 'InvalidArgument' });
    await expect(put({ ObjectLockMode: 'GOVERNANCE' })).rejects.toMatchObject({ name: 'InvalidArgument' });
  });

  it('lists keys by prefix in pages, in the order of their bytes', async () => {
    const client = await everything();
    for (const name of ['b', 'a', 'c']) {
      await client.send(new PutObjectCommand({ Bucket, Key: `list/${name}`, Body: name }));
    }
    const first = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'list/', MaxKeys: 2 }));
    const second = await client.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'list/', ContinuationToken: first.NextContinuationToken }),
    );
    const keys = [first, second].flatMap(({ Contents = [] }) => Contents.map(({ Key }) => Key));
    expect(keys).toEqual(['list/a', 'list/b', 'list/c']);
    const after = await client.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'list/', StartAfter: 'list/b' }),
    );
    expect(after.Contents?.map(({ Key }) => Key)).toEqual(['list/c']);
  });

  it('hides whether an object exists from a caller who may not list', async () => {
    const client = await actingAs('s3:GetObject');
    await expect(client.send(new GetObjectCommand({ Bucket, Key: 'missing' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });

  it('refuses a lock without its own permission, and journals the call by its name', async () => {
    const client = await actingAs('s3:PutObject');
    const lock = {
      ObjectLockMode: 'GOVERNANCE',
      ObjectLockRetainUntilDate: new Date(Date.now() + DAY_MS),
    } as const;
    await expect(
      client.send(new PutObjectCommand({ Bucket, Key: 'y', Body: '1', ...lock })),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(plane.journal.all().at(-1)).toMatchObject({
      service: 's3',
      operation: 'PutObject',
      allowed: false,
      resources: [`arn:aws:s3:::${Bucket}/y`],
    });
  });

  it('names what it does not have', async () => {
    const client = await everything();
    const TagSet = [{ Key: 'a', Value: 'b' }];
    await expect(
      client.send(new PutObjectTaggingCommand({ Bucket, Key: 'once', Tagging: { TagSet } })),
    ).rejects.toMatchObject({ name: 'NotImplemented' });
  });

  it('finds all versions again after a restart', async () => {
    const folder = temporaryFolder();
    const start = async () => {
      const s3 = createS3({ folder: folder.path, site });
      const { ref } = await create(s3.types, type, locked, 'Again');
      return s3.bucket(ref)?.objects;
    };
    const version = { key: 'k', id: 'v', atMs: 0, isMarker: false, etag: '', hasLegalHold: true };
    (await start())?.add(version, Buffer.from('kept'));
    const again = await start();
    const found = again?.newest('k');
    expect([found?.hasLegalHold, found && again?.content(found).toString()]).toEqual([true, 'kept']);
    expect(readFileSync(`${folder.path}/s3/test-again/1.data`, 'utf8')).toBe('kept');
    folder.remove();
  });
});
