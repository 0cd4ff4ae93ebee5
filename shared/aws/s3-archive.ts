// Archive of the audit log on S3: objects under Object Lock, written on the condition that none has the name.
import {
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';

import type { Archive, ArchiveNotes, ArchiveLock } from '#shared/audit/archive.ts';

const DAY_MS = 24 * 3600_000;

async function getText(client: S3Client, Bucket: string, Key: string): Promise<string | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return await Body?.transformToString();
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

const isPresent = (error: unknown): boolean =>
  error instanceof S3ServiceException && error.name === 'PreconditionFailed';

export function s3Archive(
  client: S3Client,
  { Bucket, lock, now }: { Bucket: string; lock: ArchiveLock; now: () => number },
): Archive {
  return {
    async putOnce(Key, Body) {
      const retention = {
        ObjectLockMode: lock.mode,
        ObjectLockRetainUntilDate: new Date(now() + lock.days * DAY_MS),
      };
      try {
        await client.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*', ...retention }));
        return 'written';
      } catch (error) {
        if (isPresent(error)) return 'exists';
        throw error;
      }
    },

    get: (name) => getText(client, Bucket, name),

    async list(Prefix, after) {
      const names: string[] = [];
      let token: string | undefined;
      do {
        const { Contents = [], NextContinuationToken } = await client.send(
          new ListObjectsV2Command({
            Bucket,
            Prefix,
            ...(token === undefined
              ? after !== undefined && { StartAfter: after }
              : { ContinuationToken: token }),
          }),
        );
        names.push(...Contents.flatMap(({ Key }) => Key ?? []));
        token = NextContinuationToken;
      } while (token !== undefined);
      return names;
    },
  };
}

/** Objects that are replaced, without a lock. */
export const s3Notes = (client: S3Client, Bucket: string): ArchiveNotes => ({
  get: (name) => getText(client, Bucket, name),
  put: async (Key, Body) => void (await client.send(new PutObjectCommand({ Bucket, Key, Body }))),
});
